/**
 * Detects that the process is about to run out of open files. Without any left it accepts no connection, cannot report
 * why, and is ended by the runtime when it starts a thread. So some files are held in reserve, and released when they
 * are needed. Nearly always, jobs have left files open in their threads, which close them when they end. So idle
 * consumers get fresh threads, which costs no job anything; those that ended a job last come first. If that is not
 * enough, busy consumers follow one by one, the longest busy first.
 */

import { hasRoomFor, openSome } from "../process/open_files.ts";

/** The part of a consumer that this needs. */
export interface FileHolder {
  readonly isReady: boolean;
  readonly isAtWork: boolean;
  /** When it was given its running job, or else ended its last one, by the clock. */
  readonly changedAt: number;
  /** Replaces its thread with a fresh one. */
  replace(why: string, how: { readonly guilty: null; readonly atOnce: true }): void;
}

export interface OpenFilesWatchOptions {
  readonly consumers: readonly FileHolder[];
  /** A folder that may be opened, to count files with. */
  readonly folder: string;
  /** Reports to operators. */
  readonly tell: (level: "warn" | "error", text: string) => void;
}

/** Enough for some threads, which take eight each, and for the connections of operators who look for the cause. */
export const RESERVE = 48;

const LOOK_MS = 500;
/** How many more files it must be possible to open. */
const ROOM = 16;
/** How many threads to replace per look: each new one takes its files before the old one has closed its own. */
const AT_ONCE = 2;
/** After this many looks without room, busy consumers are replaced too. */
const PATIENCE = 4;
/** After this many looks it starts over with idle consumers. */
const ROUND = 20;
const WHY = "The process ran out of open files, and its jobs may have left some open";

export class OpenFilesWatch {
  readonly #options: OpenFilesWatchOptions;
  readonly #replaced = new Set<FileHolder>();
  #ballast: Deno.FsFile[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** How many looks in a row have found no room. */
  #shortLooks = 0;

  constructor(options: OpenFilesWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ballast = openSome(RESERVE, this.#options.folder).opened;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#releaseReserve();
  }

  #look(): void {
    const isShort = this.#ballast.length > 0 ? !hasRoomFor(ROOM, this.#options.folder) : !this.#refill();
    if (isShort) return this.#makeRoom();
    if (this.#shortLooks > 0) this.#options.tell("warn", "There is room for open files again.");
    this.#shortLooks = 0;
    this.#replaced.clear();
  }

  #makeRoom(): void {
    const { consumers, tell } = this.#options;
    this.#releaseReserve();
    if (this.#shortLooks++ === 0) {
      tell(
        "error",
        "This process can hardly open any more files or connections: jobs have left files open, or the limit is too low " +
          "(ulimit -n, LimitNOFILE= of systemd). Idle consumers get fresh threads, and if need be those at work.",
      );
    }
    if (this.#shortLooks % ROUND === 0) this.#replaced.clear();
    const idle = consumers.filter((one) => one.isReady && !one.isAtWork && !this.#replaced.has(one));
    idle.sort((one, other) => other.changedAt - one.changedAt);
    if (idle.length > 0) return this.#replace(idle.slice(0, AT_ONCE));
    if (this.#shortLooks <= PATIENCE) return;
    const busy = consumers.filter(({ isAtWork }) => isAtWork);
    busy.sort((one, other) => one.changedAt - other.changedAt);
    this.#replace(busy.slice(0, 1));
  }

  #replace(some: readonly FileHolder[]): void {
    for (const consumer of some) {
      this.#replaced.add(consumer);
      consumer.replace(WHY, { guilty: null, atOnce: true });
    }
  }

  #releaseReserve(): void {
    for (const file of this.#ballast) file.close();
    this.#ballast = [];
  }

  /** Takes the reserve again once there is room for it and more. */
  #refill(): boolean {
    const { folder } = this.#options;
    if (!hasRoomFor(RESERVE + ROOM, folder)) return false;
    this.#ballast = openSome(RESERVE, folder).opened;
    return true;
  }
}
