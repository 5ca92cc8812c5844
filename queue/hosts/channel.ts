/** The channel between the processes on one queue, for a backend that can send a message to one of them, or to all. */
import type { HostChannel } from "../capabilities.ts";
import type { Calls } from "../storing/calls.ts";
import { type Mailbox, messageTo, messageToAll } from "./messages.ts";

interface ChannelParts {
  /** The name of the store, which ignores its own messages. */
  readonly name: string;
  readonly calls: Calls;
  /** Receives what comes through the channel. */
  readonly mailbox: Mailbox;
  /** False: there is no such process. */
  send(processId: string, message: string): Promise<boolean>;
  sendToAll(message: string): Promise<void>;
}

export function channelOf({ name, calls, mailbox, send, sendToAll }: ChannelParts): HostChannel {
  const whileOpen = (subscribe: () => Disposable) => {
    calls.assertOpen();
    return subscribe();
  };
  return {
    send: (processId, text) => calls.run(() => send(processId, messageTo(processId, text))),
    listen: (onText) => whileOpen(() => mailbox.listen(onText)),
    tell: (text) => calls.run(() => sendToAll(messageToAll(name, text))),
    hear: (onText) => whileOpen(() => mailbox.hear(onText)),
  };
}
