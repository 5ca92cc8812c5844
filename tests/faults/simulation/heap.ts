/** A binary heap: the first entry is always known. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  push(item: T): void {
    let place = this.#items.length;
    this.#items.push(item);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#isBefore(item, above)) break;
      this.#items[place] = above;
      place = parent;
    }
    this.#items[place] = item;
  }

  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (this.#items.length > 0) this.#sink(last as T);
    return first;
  }

  #sink(item: T): void {
    const length = this.#items.length;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      const [left, right] = [this.#items[child] as T, this.#items[child + 1]];
      if (child + 1 < length && this.#isBefore(right as T, left)) child += 1;
      const below = this.#items[child] as T;
      if (!this.#isBefore(below, item)) break;
      this.#items[place] = below;
      place = child;
    }
    this.#items[place] = item;
  }
}
