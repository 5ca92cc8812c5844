/** The state of a page in the browser, and what changes it. */
import { type Signal, signal } from "@preact/signals";
import { atRest } from "../manager/page_body.tsx";
import type { Liveness, View } from "../manager/views.ts";
import { fetchView } from "./fetch_view.ts";
import { keepFocus } from "./focus_keeper.ts";
import { Refresher } from "./refresher.ts";
import { isAiming } from "./stillness.ts";
import { pickedNow, showAllTicked, untickAll } from "./ticks.ts";

const NOTE_MS = 8_000;
const EVERY_MS = 300;

/** What the server left in `data-props`. */
export interface FirstProps {
  readonly view: View;
  readonly note: string;
}

export class LivingPage {
  readonly view: Signal<View>;
  readonly live: Signal<Liveness>;
  readonly #refresher: Refresher;
  #receivedAt = performance.now();
  #isStreaming = true;
  #isAnswered = true;

  constructor({ view, note }: FirstProps) {
    this.view = signal(view);
    this.live = signal(atRest(view, note));
    this.#refresher = new Refresher({ refresh: () => this.#refresh(), everyMs: EVERY_MS });
  }

  /** As soon as is polite. */
  refreshSoon(): void {
    this.#refresher.soon();
  }

  /** Because a person has done something. */
  refreshNow(): void {
    this.#refresher.now();
  }

  /** The stream is there, or it is not. */
  setStreaming(isStreaming: boolean): void {
    if (isStreaming && !this.#isStreaming) this.refreshSoon();
    this.#isStreaming = isStreaming;
    this.#showConnection();
  }

  /** Tells what has just happened, for a while. */
  say(note: string): void {
    this.#set({ note });
    setTimeout(() => this.live.value.note === note && this.#set({ note: "" }), NOTE_MS);
  }

  /** An action was carried out: what was ticked for it is ticked no more. */
  done(note: string): void {
    untickAll();
    this.countTicks();
    this.say(note);
    this.refreshNow();
  }

  /** While something is ticked the rows hold still; then they catch up. */
  countTicks(): void {
    const before = this.live.value.picked;
    const picked = pickedNow();
    showAllTicked();
    const isSame = picked.all === before.all && picked.resubmit === before.resubmit &&
      picked.cancel === before.cancel;
    if (!isSame) this.#set({ picked });
    if (before.all > 0 && picked.all === 0) this.refreshSoon();
  }

  /** Every second: ages grow by themselves. Heartbeats are no news to the stream, and a broken one has none. */
  tick(): void {
    this.#set({ now: this.view.value.now + performance.now() - this.#receivedAt });
    if (this.#isAtWork() || !this.live.value.isConnected) this.refreshSoon();
  }

  async #refresh(): Promise<void> {
    const address = location.href;
    try {
      const view = await fetchView(this.view.value, this.live.value.picked.all > 0 || isAiming());
      this.#isAnswered = true;
      // The person went on meanwhile: this is not what they want to see any more.
      if (address !== location.href) return this.refreshNow();
      this.#receivedAt = performance.now();
      const giveFocusBack = keepFocus();
      this.view.value = view;
      this.#set({ now: view.now });
      // Once the rows are drawn.
      requestAnimationFrame(() => {
        giveFocusBack();
        this.countTicks();
      });
    } catch {
      this.#isAnswered = false;
    }
    this.#showConnection();
  }

  #showConnection(): void {
    const isConnected = this.#isStreaming && this.#isAnswered;
    if (this.live.value.isConnected !== isConnected) this.#set({ isConnected });
  }

  #isAtWork(): boolean {
    const view = this.view.value;
    if (view.page === "list") return view.jobs.some(({ status }) => status === "PROCESSING");
    return view.page === "consumers" || view.job.status === "PROCESSING";
  }

  #set(change: Partial<Liveness>): void {
    this.live.value = { ...this.live.value, ...change };
  }
}
