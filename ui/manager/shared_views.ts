/** One list for all who look at the same one: it is gathered once, however many there are. */
const FRESH_MS = 250;

interface Shared<View> {
  readonly view: Promise<View>;
  readonly until: number;
}

export class SharedViews<View> {
  readonly #byKey = new Map<string, Shared<View>>();

  /** What was gathered for this key a moment ago, or what `gather` gathers now. */
  get(key: string, gather: () => Promise<View>): Promise<View> {
    const now = performance.now();
    for (const [old, { until }] of this.#byKey) if (until <= now) this.#byKey.delete(old);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.view;
    const view = gather();
    this.#byKey.set(key, { view, until: now + FRESH_MS });
    return view;
  }
}
