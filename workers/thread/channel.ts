/**
 * The thread's end of its channel to the supervisor. The port is taken out of `workerData` before any handler
 * is loaded, so that no handler can post in the thread's name or listen in its place.
 */
import { workerData } from "node:worker_threads";
import type { FromThread } from "../protocol.ts";

const { parse, stringify } = JSON;

interface Port {
  postMessage(message: string): void;
  on(event: "message", listener: (message: unknown) => void): void;
}

export interface Channel<Start, Message> {
  readonly start: Start;
  tell(message: FromThread): void;
  listen(onMessages: (messages: readonly Message[]) => void): void;
}

/**
 * Called once in a thread's life. Resolves when the thread is told its role: a spare one waits here until it
 * is needed.
 */
export async function openChannel<Start, Message>(): Promise<Channel<Start, Message>> {
  const { port } = workerData as { readonly port: Port };
  for (const name of Object.keys(workerData)) Reflect.deleteProperty(workerData, name);
  const post = port.postMessage.bind(port);
  const early: string[] = [];
  let hear = (text: string): void => void early.push(text);
  const start = await new Promise<Start>((resolve) => {
    let isFirst = true;
    port.on("message", (message) => {
      if (!isFirst) return hear(message as string);
      isFirst = false;
      resolve(message as Start);
    });
  });
  return {
    start,
    tell: (message) => post(stringify(message)),
    listen: (onMessages) => {
      hear = (text) => onMessages(parse(text));
      for (const text of early.splice(0)) hear(text);
    },
  };
}
