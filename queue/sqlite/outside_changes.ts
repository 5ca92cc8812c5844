/**
 * Notices what other programs write. SQLite sends no notification, but the `data_version` of a connection changes with
 * every commit of another connection and with none of its own, and reading it ten times a second costs next to nothing.
 */
import { toStorageError } from "./faults.ts";
import type { Parking } from "./parking.ts";
import type { Recount } from "./recount.ts";
import { number } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

const EVERY_MS = 100;

export interface OutsideChangesOptions {
  readonly sql: Statements;
  readonly parking: Parking;
  /** Null: another process corrects the counts. */
  readonly recount: Recount | null;
  /** Called after the commit, once the counts have been corrected. */
  readonly onChange: () => void;
}

export class OutsideChanges implements Disposable {
  readonly #options: OutsideChangesOptions;
  /** Null: it could not be read, so the next look reports a possible change. */
  #version: number | null;
  #failure: unknown = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(options: OutsideChangesOptions) {
    this.#options = options;
    this.#version = this.#readVersion();
    this.#lookLater();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** @throws the error of the last look; the next look tries again */
  assertWorking(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #lookLater(): void {
    this.#timer = setTimeout(async () => {
      const isNews = await this.#look();
      if (this.#isOver) return;
      this.#lookLater();
      if (isNews) this.#options.onChange();
    }, EVERY_MS);
  }

  /** Returns whether there is something to report. */
  async #look(): Promise<boolean> {
    const { parking, recount } = this.#options;
    this.#failure = null;
    const version = this.#readVersion();
    const isNews = version !== null && version !== this.#version;
    if (isNews) {
      this.#version = version;
      parking.noteOutsideChange();
      recount?.noteOutsideChange();
    }
    return await this.#correctCounts() || isNews;
  }

  #readVersion(): number | null {
    try {
      return number(this.#options.sql.dataVersion.get()?.data_version);
    } catch (error) {
      this.#failure = toStorageError(error);
      return null;
    }
  }

  /** Returns whether the counts may have changed. */
  async #correctCounts(): Promise<boolean> {
    try {
      return await this.#options.recount?.catchUp() ?? false;
    } catch (error) {
      this.#failure = error;
      return false;
    }
  }
}
