/** Notifies a process of what the others write, as a store does, some tenths of a second later. */
import type { Owner, Timeline } from "./timeline.ts";

const WATCH_MS = 100;

export interface News {
  readonly timeline: Timeline;
  /** The main thread of the process that is told. */
  readonly owner: Owner;
  /** How many times others have written something; null: the store is closed. */
  news(): number | null;
}

export function watchNews({ timeline, owner, news }: News, onChange: () => void): Disposable {
  let seen = news();
  let isOver = false;
  const lookLater = () =>
    timeline.after(WATCH_MS, owner, () => {
      const now = news();
      if (isOver || now === null) return;
      const isNews = now !== seen;
      seen = now;
      lookLater();
      if (isNews) onChange();
    });
  lookLater();
  return { [Symbol.dispose]: () => void (isOver = true) };
}
