/** The state of a page in the browser, and what changes it. */
import { type Signal, signal } from "@preact/signals";
import { atRest } from "../manager/page_body.tsx";
import type { ListView, Liveness, Note, View } from "../manager/views.ts";
import { fetchView, isShownHere, LoggedOut } from "./fetch_view.ts";
import { countNewer, heldRows, isRestedOn, keepFocus, withTicked } from "./held_rows.ts";
import { Refresher } from "./refresher.ts";
import { pickedNow, showAllTicked, tickedSeqs, untickAll } from "./ticks.ts";

const NOTE_MS = 8_000;
const EVERY_MS = 300;

/** What the server left in `data-props`. */
export interface FirstProps {
  readonly view: View;
  readonly note: Note | null;
}

export class LivePage {
  readonly view: Signal<View>;
  readonly live: Signal<Liveness>;
  readonly #refresher: Refresher;
  #receivedAt = performance.now();
  #isStreaming = true;
  #lastNews: string | null = null;
  #isAnswered = true;
  /** The reader wants to see what is new, and keep what is ticked. */
  #isCatchingUp = false;

  constructor({ view, note }: FirstProps) {
    this.view = signal(view);
    this.live = signal(atRest(view, note));
    this.#refresher = new Refresher({ refresh: () => this.#refresh(), everyMs: EVERY_MS });
  }

  /** As soon as is polite. */
  refreshSoon(): void {
    this.#refresher.soon();
  }

  /** Because a person has done something. Resolves when it is drawn. */
  async refreshNow(): Promise<void> {
    await this.#refresher.now();
  }

  /** Takes new jobs into the list although the rows hold still. */
  showNewer(): void {
    this.#isCatchingUp = true;
    this.refreshNow();
  }

  /** The server did not do what a person wanted: whether it is there, and for whom, is what the page asks next. */
  fail(note: Note): void {
    this.say(note);
    this.refreshNow();
  }

  /** What the server tells of the system, every few seconds: the same as before is nothing new to show. */
  hear(news: string): void {
    if (news === this.#lastNews) return;
    this.#lastNews = news;
    const { warnings }: Pick<View, "warnings"> = JSON.parse(news);
    // While the storage is away there is no other view that could tell why.
    this.view.value = { ...this.view.value, warnings };
    this.refreshSoon();
  }

  /** The stream is there, or it is not. */
  setStreaming(isStreaming: boolean): void {
    if (isStreaming && !this.#isStreaming) this.refreshSoon();
    this.#isStreaming = isStreaming;
    this.#showConnection();
  }

  /** Tells what has just happened, for a while. */
  say(note: Note | null): void {
    this.#set({ note });
    setTimeout(() => this.live.value.note === note && this.#set({ note: null }), NOTE_MS);
  }

  /** What was ticked for an action is ticked no more. */
  untick(): void {
    untickAll();
    this.countTicks();
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
    if (this.#isAtWork() || !this.live.value.isConnected || this.#isBehind()) this.refreshSoon();
  }

  async #refresh(): Promise<void> {
    const address = location.href;
    const isHeld = this.#mustHold();
    try {
      const view = await fetchView(this.view.value, isHeld);
      this.#isAnswered = true;
      this.#set({ isLoggedOut: false });
      // The person went on meanwhile, or has just aimed at a row: this is not what they may be shown.
      if (address === location.href && (isHeld || !this.#mustHold())) await this.#show(view, isHeld);
      else this.refreshNow();
    } catch (error) {
      this.#isAnswered = false;
      if (error instanceof LoggedOut) this.#set({ isLoggedOut: true });
    }
    this.#showConnection();
  }

  /** Resolves when it is drawn. */
  async #show(view: View, isHeld: boolean): Promise<void> {
    this.#receivedAt = performance.now();
    const giveFocusBack = keepFocus();
    const shown = this.view.value;
    const isHeldList = isHeld && view.page === "list" && shown.page === "list";
    this.view.value = isHeldList ? this.#still(shown, view) : view;
    this.#set({ now: view.now, newer: isHeldList ? countNewer(this.view.value as ListView, view) : 0 });
    await new Promise((drawn) => requestAnimationFrame(drawn));
    giveFocusBack();
    this.countTicks();
  }

  #still(shown: ListView, fresh: ListView): ListView {
    if (!this.#isCatchingUp) return heldRows(shown, fresh);
    this.#isCatchingUp = false;
    return withTicked(fresh, tickedSeqs());
  }

  #mustHold(): boolean {
    return (this.live.value.picked.all > 0 || isRestedOn()) && isShownHere(this.view.value);
  }

  /** Rows were held, and need not be any more. */
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
    // What is left of a removed job is its last state, which changes no more.
    return view.job.status === "PROCESSING" && view.isGone !== true;
  }

  #set(change: Partial<Liveness>): void {
    this.live.value = { ...this.live.value, ...change };
  }
}
