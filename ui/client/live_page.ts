/** The state of a page in the browser, and what changes it. */
import { type Signal, signal } from "@preact/signals";
import { initialLiveness } from "../manager/page_body.tsx";
import { documentTitle, titleOf } from "../manager/page_title.ts";
import type { ListView, Liveness, Note, View } from "../manager/views.ts";
import { fetchView, isShownHere, LoggedOut } from "./fetch_view.ts";
import { countNewer, heldRows, isReaderOnRows, keepFocus, withTicked } from "./held_rows.ts";
import { Refresher } from "./refresher.ts";
import { pickedNow, tickedSeqs, untickAll, updateTickAll } from "./ticks.ts";

const NOTE_MS = 8_000;
const EVERY_MS = 300;

/** What the server put into `data-props`. */
export interface FirstProps {
  readonly view: View;
  readonly note: Note | null;
}

export class LivePage {
  readonly view: Signal<View>;
  readonly live: Signal<Liveness>;
  readonly #refresher: Refresher;
  #receivedAt = performance.now();
  /** When what is shown was known to be up to date. */
  #freshAt = performance.now();
  #isStreaming = true;
  #lastNews: string | null = null;
  #isAnswered = true;
  /** The reader wants to see new rows, and keep the ticked ones. */
  #isCatchingUp = false;

  constructor({ view, note }: FirstProps) {
    this.view = signal(view);
    this.live = signal(initialLiveness(view, note));
    this.#refresher = new Refresher({ refresh: () => this.#refresh(), everyMs: EVERY_MS });
  }

  /** As soon as the refresh interval allows. */
  refreshSoon(): void {
    this.#refresher.soon();
  }

  /** After an action of the user. Resolves when it is drawn. */
  async refreshNow(): Promise<void> {
    await this.#refresher.now();
  }

  /** Adds new jobs to the list although the rows hold still. */
  showNewer(): void {
    this.#isCatchingUp = true;
    this.refreshNow();
  }

  /** An action failed: the refresh finds out whether the server is reachable and the session valid. */
  fail(note: Note | null): void {
    this.say(note);
    this.refreshNow();
  }

  /** Receives the server's news about the system, every few seconds; unchanged news is ignored. */
  hear(news: string): void {
    if (news === this.#lastNews) return;
    this.#lastNews = news;
    const { warnings }: Pick<View, "warnings"> = JSON.parse(news);
    // While the storage is unavailable no other view could say why.
    this.view.value = { ...this.view.value, warnings };
    this.refreshSoon();
  }

  /** Whether the stream is connected. */
  setStreaming(isStreaming: boolean): void {
    if (isStreaming && !this.#isStreaming) this.refreshSoon();
    this.#isStreaming = isStreaming;
    this.#showConnection();
  }

  /** Shows what has just happened, for a while. */
  say(note: Note | null): void {
    this.#set({ note });
    setTimeout(() => this.live.value.note === note && this.#set({ note: null }), NOTE_MS);
  }

  /** Clears the ticks after an action. */
  untick(): void {
    untickAll();
    this.countTicks();
  }

  /** While any row is ticked the rows hold still; then they catch up. */
  countTicks(): void {
    const before = this.live.value.picked;
    const picked = pickedNow();
    updateTickAll();
    const isSame = picked.all === before.all && picked.resubmit === before.resubmit &&
      picked.cancel === before.cancel;
    if (!isSame) this.#set({ picked });
    if (before.all > 0 && picked.all === 0) this.refreshSoon();
  }

  /** Called every second to advance ages, as long as the server answers. The stream does not report heartbeats, and a broken one reports nothing. */
  tick(): void {
    const at = performance.now();
    if (this.#isAnswered) {
      this.#freshAt = at;
      this.#set({ now: this.view.value.now + at - this.#receivedAt });
    } else this.#set({ staleMs: at - this.#freshAt });
    if (this.#isAtWork() || !this.live.value.isConnected || this.#isBehind()) this.refreshSoon();
  }

  async #refresh(): Promise<void> {
    const address = location.href;
    const isHeld = this.#mustHold();
    try {
      const view = await fetchView(this.view.value, { isHeld });
      this.#isAnswered = true;
      this.#set({ isLoggedOut: false, staleMs: null });
      // If the user has navigated meanwhile, or has just moved to a row, this view is not the right one.
      if (address === location.href && (isHeld || !this.#mustHold())) await this.#show(view, { isHeld });
      else this.refreshNow();
    } catch (error) {
      this.#isAnswered = false;
      if (error instanceof LoggedOut) this.#set({ isLoggedOut: true });
    }
    this.#showConnection();
  }

  /** Resolves when it is drawn. */
  async #show(view: View, { isHeld }: { readonly isHeld: boolean }): Promise<void> {
    this.#receivedAt = performance.now();
    const restoreFocus = keepFocus();
    const shown = this.view.value;
    const isHeldList = isHeld && view.page === "list" && shown.page === "list";
    this.view.value = isHeldList ? this.#heldView(shown, view) : view;
    document.title = documentTitle(titleOf(view));
    this.#set({ now: view.now, newer: isHeldList ? countNewer(this.view.value as ListView, view) : 0 });
    await new Promise((drawn) => requestAnimationFrame(drawn));
    restoreFocus();
    this.countTicks();
  }

  #heldView(shown: ListView, fresh: ListView): ListView {
    if (!this.#isCatchingUp) return heldRows(shown, fresh);
    this.#isCatchingUp = false;
    return withTicked(fresh, tickedSeqs());
  }

  #mustHold(): boolean {
    return (this.live.value.picked.all > 0 || isReaderOnRows()) && isShownHere(this.view.value);
  }

  /** Whether rows were held and need not be any more. */
  #isBehind(): boolean {
    return this.live.value.newer > 0 && !this.#mustHold();
  }

  #showConnection(): void {
    const isConnected = this.#isStreaming && this.#isAnswered;
    if (this.live.value.isConnected !== isConnected) this.#set({ isConnected });
  }

  #isAtWork(): boolean {
    const view = this.view.value;
    if (view.batches.length > 0) return true;
    if (view.page === "list") return view.jobs.some(({ status }) => status === "PROCESSING");
    if (view.page === "consumers") return true;
    // A removed job keeps its last state, which no longer changes.
    return view.job.status === "PROCESSING" && view.isGone !== true;
  }

  #set(change: Partial<Liveness>): void {
    this.live.value = { ...this.live.value, ...change };
  }
}
