/**
 * Texts for one process or for all, among the messages of a channel that every process hears. The other messages of the
 * channel are names of stores that have written.
 */

const FOR_ONE = /^to ([^ ]+) (.*)$/s;
const FOR_ALL = /^all ([^ ]+) (.*)$/s;

export function messageTo(processId: string, text: string): string {
  return `to ${processId} ${text}`;
}

/** `from`: the name of the store, which does not hear itself. */
export function messageToAll(from: string, text: string): string {
  return `all ${from} ${text}`;
}

/** Who hears what comes through this store. */
export interface Hearer {
  readonly name: string;
  /** The id of its process; null until it has joined. */
  readonly process: string | null;
}

type OnText = (text: string) => void;

export class Mailbox {
  readonly #forOne = new Set<OnText>();
  readonly #forAll = new Set<OnText>();

  listen(onText: OnText): Disposable {
    return subscribed(this.#forOne, onText);
  }

  hear(onText: OnText): Disposable {
    return subscribed(this.#forAll, onText);
  }

  /** Returns whether the message is a text: for this process, for another one or for all. */
  take(message: string, { name, process }: Hearer): boolean {
    const [, to, text] = FOR_ONE.exec(message) ?? [];
    if (to !== undefined && text !== undefined) {
      if (to === process) { for (const call of this.#forOne) call(text); }
      return true;
    }
    const [, from, told] = FOR_ALL.exec(message) ?? [];
    if (from === undefined || told === undefined) return false;
    if (from !== name) { for (const call of this.#forAll) call(told); }
    return true;
  }
}

function subscribed(listeners: Set<OnText>, onText: OnText): Disposable {
  // An object of its own: one function may listen twice.
  const call = (text: string) => onText(text);
  listeners.add(call);
  return { [Symbol.dispose]: () => void listeners.delete(call) };
}
