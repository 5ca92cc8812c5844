/** Puts what has arisen while the page is open before what was there before it. */

/** A number of jobs in a sentence, which changes while the sentence stays the same. */
const COUNT = /\d[\d,]*(?= (?:stalled )?jobs?\b)/g;

export class NewestFirst {
  /** The turn in which each sentence arose. */
  #known = new Map<string, number>();
  #turn = 0;

  /** Sentences that arose together keep their order. */
  order(sentences: readonly string[]): string[] {
    const turn = this.#turn++;
    const known = new Map<string, number>();
    for (const sentence of sentences) {
      const words = sentence.replaceAll(COUNT, "");
      known.set(words, this.#known.get(words) ?? turn);
    }
    this.#known = known;
    const turnOf = (sentence: string) => known.get(sentence.replaceAll(COUNT, "")) ?? turn;
    return [...sentences].sort((a, b) => turnOf(b) - turnOf(a));
  }
}
