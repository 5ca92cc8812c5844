/**
 * Sees when the process is about to run out of open files. Without one it takes no connection, nothing tells people why,
 * and the runtime ends the process where a thread is started. So some are kept in reserve, and given up then.
 *
 * Nearly always jobs have left files open in their threads, which close them when they end. So idle consumers get fresh
 * threads, which costs nobody anything, those that ended a job last first; where that is not enough the consumers at work
 * follow one by one, the longest at work first.
 */

/** A consumer, as far as this matters. */
export interface FileHolder {
  readonly isReady: boolean;
  readonly isAtWork: boolean;
  /** When it was given the job that it is on, or else ended its last one, by the clock. */
  readonly changedAt: number;
  /** Gives it a fresh thread. */
  replace(why: string, how: { readonly guilty: null; readonly atOnce: true }): void;
}

export interface OpenFilesWatchOptions {
  readonly consumers: readonly FileHolder[];
  /** A folder that may be opened. */
  readonly folder: string;
  /** For people. */
  readonly tell: (level: "warn" | "error", text: string) => void;
}

/** Enough for some threads, which take eight each, and for the connections of people who want to know. */
export const RESERVE = 48;

const LOOK_MS = 500;
/** So many more must be possible. */
const ROOM = 16;
/** Fresh threads at one look: each takes its files before the one in whose place it comes has closed its own. */
const AT_ONCE = 2;
/** After so many looks in want of room those at work are not spared any more. */
const PATIENCE = 4;
/** After so many it begins anew with those that are idle. */
const ROUND = 20;
const WHY = "The process ran out of open files, and its jobs may have left some open";

export class OpenFilesWatch {
  readonly #options: OpenFilesWatchOptions;
  readonly #replaced = new Set<FileHolder>();
  #reserve: Deno.FsFile[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Looks in a row that found no room. */
  #wanting = 0;

  constructor(options: OpenFilesWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reserve = openSome(RESERVE, this.#options.folder).opened;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#giveUpReserve();
  }

  #look(): void {
    const isShort = this.#reserve.length > 0 ? !hasRoomFor(ROOM, this.#options.folder) : !this.#refill();
    if (isShort) return this.#makeRoom();
    if (this.#wanting > 0) this.#options.tell("warn", "There is room for open files again.");
    this.#wanting = 0;
    this.#replaced.clear();
  }

  #makeRoom(): void {
    const { consumers, tell } = this.#options;
    this.#giveUpReserve();
    if (this.#wanting++ === 0) {
      tell(
        "error",
        "This process can open hardly any file or connection more: jobs have left files open, or the limit is too low " +
          "(ulimit -n, LimitNOFILE= of systemd). Idle consumers get fresh threads, and if need be those at work.",
      );
    }
    if (this.#wanting % ROUND === 0) this.#replaced.clear();
    const idle = consumers.filter((one) => one.isReady && !one.isAtWork && !this.#replaced.has(one));
    idle.sort((one, other) => other.changedAt - one.changedAt);
    if (idle.length > 0) return this.#replace(idle.slice(0, AT_ONCE));
    if (this.#wanting <= PATIENCE) return;
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

  #giveUpReserve(): void {
    for (const file of this.#reserve) file.close();
    this.#reserve = [];
  }

  /** Once there is room for the reserve and more. */
  #refill(): boolean {
    const { folder } = this.#options;
    if (!hasRoomFor(RESERVE + ROOM, folder)) return false;
    this.#reserve = openSome(RESERVE, folder).opened;
    return true;
  }
}

function hasRoomFor(count: number, folder: string): boolean {
  const { opened, isRefused } = openSome(count, folder);
  for (const file of opened) file.close();
  return !isRefused;
}

interface Opened {
  readonly opened: Deno.FsFile[];
  /** The system opens no more; whatever else is wrong with the folder is not for here. */
  readonly isRefused: boolean;
}

function openSome(count: number, folder: string): Opened {
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < count) opened.push(Deno.openSync(folder));
    return { opened, isRefused: false };
  } catch (error) {
    return { opened, isRefused: ["EMFILE", "ENFILE"].includes((error as { code?: string }).code ?? "") };
  }
}
