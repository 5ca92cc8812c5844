/** Functions that are called with the same news, each until it is disposed. */
export class Listeners<News extends readonly unknown[]> {
  readonly #calls = new Set<(...news: News) => void>();

  add(onNews: (...news: News) => void): Disposable {
    // A separate closure for each call, because one function may listen twice.
    const call = (...news: News) => onNews(...news);
    this.#calls.add(call);
    return { [Symbol.dispose]: () => void this.#calls.delete(call) };
  }

  tell(...news: News): void {
    for (const call of this.#calls) call(...news);
  }

  clear(): void {
    this.#calls.clear();
  }
}
