/**
 * Texts for one process or for all, among the messages of a channel that every process hears. The other messages of the
 * channel are the names of stores that have written.
 */
import { Listeners } from "../basics/listeners.ts";

const FOR_ONE = /^to ([^ ]+) (.*)$/s;
const FOR_ALL = /^all ([^ ]+) (.*)$/s;

export function messageTo(processId: string, text: string): string {
  return `to ${processId} ${text}`;
}

/** `from`: the name of the store, which ignores its own messages. */
export function messageToAll(from: string, text: string): string {
  return `all ${from} ${text}`;
}

/** The store that receives messages, and its process. */
interface Recipient {
  readonly name: string;
  /** The id of its process; null until it has joined. */
  readonly process: string | null;
}

export class Mailbox {
  readonly #forOne = new Listeners<[text: string]>();
  readonly #forAll = new Listeners<[text: string]>();

  listen(onText: (text: string) => void): Disposable {
    return this.#forOne.add(onText);
  }

  hear(onText: (text: string) => void): Disposable {
    return this.#forAll.add(onText);
  }

  /** Returns whether the message is a text: for this process, for another one or for all. */
  take(message: string, { name, process }: Recipient): boolean {
    const [, to, text] = FOR_ONE.exec(message) ?? [];
    if (to !== undefined && text !== undefined) {
      if (to === process) this.#forOne.tell(text);
      return true;
    }
    const [, from, told] = FOR_ALL.exec(message) ?? [];
    if (from === undefined || told === undefined) return false;
    if (from !== name) this.#forAll.tell(told);
    return true;
  }
}
