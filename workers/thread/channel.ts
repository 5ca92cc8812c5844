/**
 * The thread's end of its channel to the supervisor. The port is taken out of `workerData` before any handler is loaded,
 * so that no handler can post in the thread's name or listen in its place.
 */
import { workerData } from "node:worker_threads";
import type { FromThread } from "../protocol.ts";

const { parse, stringify } = JSON;

interface Port {
  postMessage(message: string): void;
  on(event: "message", listener: (message: string) => void): void;
}

export interface Channel<Start, Message> {
  readonly start: Start;
  tell(message: FromThread): void;
  listen(onMessages: (messages: readonly Message[]) => void): void;
}

/** Once in a thread's life. */
export function openChannel<Start, Message>(): Channel<Start, Message> {
  const { port, start } = workerData as { readonly port: Port; readonly start: Start };
  for (const name of Object.keys(workerData)) Reflect.deleteProperty(workerData, name);
  const post = port.postMessage.bind(port);
  return {
    start,
    tell: (message) => post(stringify(message)),
    listen: (onMessages) => port.on("message", (text) => onMessages(parse(text))),
  };
}
