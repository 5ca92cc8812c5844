/**
 * Texts for one process, among the messages of a channel that every process hears. The other messages of the channel are
 * names of stores that have written.
 */

const FOR_ONE = /^to ([^ ]+) (.*)$/s;

export function messageTo(processId: string, text: string): string {
  return `to ${processId} ${text}`;
}

export class Mailbox {
  readonly #listeners = new Set<(text: string) => void>();

  listen(onText: (text: string) => void): Disposable {
    // An object of its own: one function may listen twice.
    const call = (text: string) => onText(text);
    this.#listeners.add(call);
    return { [Symbol.dispose]: () => void this.#listeners.delete(call) };
  }

  /** Returns whether the message is a text for a process: for `own`, or for another one. */
  hear(message: string, own: string | null): boolean {
    const [, to, text] = FOR_ONE.exec(message) ?? [];
    if (to === undefined || text === undefined) return false;
    if (to === own) { for (const call of this.#listeners) call(text); }
    return true;
  }
}
