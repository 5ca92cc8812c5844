/**
 * A database as the death of its process left it, with its log, and every state that it went through, so that what is
 * found after damage can be compared with them.
 */
import type { Job } from "@persistent-queue/queue";
import { wholeLines } from "../../support/system/ledger.ts";

/** How the log is laid out: https://www.sqlite.org/fileformat2.html#walformat */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
export const PAGE = 4096;

const CHILD = new URL("./child.ts", import.meta.url).pathname;

export interface Victim {
  /** The path of the database; its log and the log's index are beside it. */
  readonly path: string;
  /** Its content after each commit: a letter for each job, in the order of adding. */
  readonly states: readonly string[];
  /** How many commits are in the database itself. The others are only in the log. */
  readonly folded: number;
  /** Its pages; some of them, counted from 0, hold the schema. */
  readonly pages: readonly Uint8Array[];
  readonly schemaPages: readonly number[];
  readonly logBytes: number;
  /** How many commits are complete within this many first bytes of the log. */
  readonly commitsWithin: (bytes: number) => number;
}

export async function makeVictim(path: string): Promise<Victim> {
  const args = ["run", "-A", "--no-prompt", "--no-check", CHILD, path];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
  const said = await Array.fromAsync(wholeLines(child.stdout));
  await child.status;
  const folded = said.indexOf("folded");
  const states = statesAfter(said.toSpliced(folded, 1));
  const log = Deno.readFileSync(`${path}-wal`);
  const ends = endsOfCommits(log);
  if (folded + ends.length !== states.length - 1) throw new Error("The log does not hold what was said.");
  const commitsWithin = (bytes: number) => ends.filter((end) => end <= bytes).length;
  return { path, states, folded, ...pagesOf(path), logBytes: log.length, commitsWithin };
}

function pagesOf(path: string): Pick<Victim, "pages" | "schemaPages"> {
  const bytes = Deno.readFileSync(path);
  const pages = Array.from(
    { length: bytes.length / PAGE },
    (_, n) => bytes.subarray(n * PAGE, (n + 1) * PAGE),
  );
  const isSchema = (page: Uint8Array) =>
    /CREATE |CHECK \(|job_counts/.test(new TextDecoder("latin1").decode(page));
  return { pages, schemaPages: [...pages.keys()].filter((n) => isSchema(pages[n] ?? new Uint8Array())) };
}

/** Copies the files of a closed database; the log's index only with `withIndex`, because a reboot may leave none. */
export function copyDatabase(from: string, to: string, { withIndex }: { withIndex: boolean }): void {
  for (const suffix of ["", "-wal", ...(withIndex ? ["-shm"] : [])]) {
    Deno.copyFileSync(from + suffix, to + suffix);
  }
  // Megabytes of nothing, so one file serves all copies.
  Deno.linkSync(`${from}.reserve`, `${to}.reserve`);
}

/** The state of a database, comparable to those of a victim. */
export function stateOf(jobs: readonly Job[]): string {
  const inOrder = jobs.toSorted((a, b) => a.seq - b.seq);
  return inOrder.map(({ id, status }, n) => id === idOf(n) ? letterOf(status) : `(${id} ${status})`).join("");
}

export function idOf(n: number): string {
  return `job ${n}`;
}

function letterOf(status: string): string {
  return { PENDING: "p", PROCESSING: "r", COMPLETED: "c" }[status] ?? `(${status})`;
}

/** The child claims the job that has waited longest: the first one. */
function statesAfter(commits: readonly string[]): string[] {
  const states = [""];
  let state = "";
  for (const commit of commits) {
    if (commit === "added") state += "p";
    else if (commit === "claimed") state = state.replace("p", "r");
    else state = state.replace("r", "c");
    states.push(state);
  }
  return states;
}

/** The last frame of a commit holds the size of the database after it; the others hold 0. */
function endsOfCommits(log: Uint8Array): number[] {
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const ends: number[] = [];
  for (let at = LOG_HEADER; at + FRAME_HEADER + PAGE <= log.length; at += FRAME_HEADER + PAGE) {
    if (view.getUint32(at + 4) !== 0) ends.push(at + FRAME_HEADER + PAGE);
  }
  return ends;
}
