/** Puts what has arisen while the page is open before what was there before it. */

export class NewestFirst {
  /** The turn in which each sentence arose. */
  #known = new Map<string, number>();
  #turn = 0;

  /** Sentences that arose together keep their order. */
  order(sentences: readonly string[]): string[] {
    const turn = this.#turn++;
    const known = new Map<string, number>();
    for (const sentence of sentences) {
      const words = withoutCounts(sentence);
      known.set(words, this.#known.get(words) ?? turn);
    }
    this.#known = known;
    const turnOf = (sentence: string) => known.get(withoutCounts(sentence)) ?? turn;
    return [...sentences].sort((a, b) => turnOf(b) - turnOf(a));
  }
}

/** Without what is before "jobs": their number changes while the sentence stays the same. */
function withoutCounts(sentence: string): string {
  const words = sentence.split(" ");
  const areJobs = (i: number) => words[i]?.startsWith("job") ?? false;
  return words.filter((_, i) => !areJobs(i + 1) && !areJobs(i + 2)).join(" ");
}
