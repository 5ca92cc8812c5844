/** The terminal: its user, and how tables, times and lines are printed there. */
import { messageOf, printable } from "@persistent-queue/queue";
import { userInfo } from "node:os";
import { type CliIo, UsageError } from "./command.ts";

const GAP = "  ";
const MAX_CELL = 100;

/** Rows of text, the first one usually being the heading. Every cell is made printable, and long ones are cut. */
export function columns(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell, { maxLength: MAX_CELL })));
  const widths = shown.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, widthOf(cell))),
    [],
  );
  return shown.map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(GAP).trimEnd())
    .join("\n");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(width - widthOf(cell));
}

/** The number of terminal columns: a combining mark takes none, wide scripts and pictographs take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/u;

/** `2026-11-24 15:00:00Z`; a dash for none. */
export function moment(at: number | null): string {
  if (at === null) return "–";
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? String(at)
    : date.toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** `12 s`, `5 min`, `3 h`, `2 d`: the largest unit of which there are at least two. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

const encoder = new TextEncoder();

/** The message is one sentence. */
class LostOutput extends Error {
  override readonly name = "LostOutput";
}

/**
 * Prints whole lines, or throws: a command that shows something has failed if that is lost, and its exit code says so. A
 * reader that has closed the pipe (`| head`) has seen enough; that is not a failure.
 */
export function printToStdout(text: string): void {
  const bytes = encoder.encode(`${text}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new LostOutput(`The output could not be written: ${messageOf(error)}.`, { cause: error });
  }
}

/** Prints what a command has done. If that is lost, it is done nevertheless: a script must not take it for refused. */
export function printDone(io: Pick<CliIo, "print" | "printError">, text: string): void {
  try {
    io.print(text);
  } catch (error) {
    if (!(error instanceof LostOutput)) throw error;
    io.printError(`${error.message} What it would have reported is done.`);
  }
}

/** What standard input holds, as text. @throws {UsageError} for what is not UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(
      "Standard input is not UTF-8: convert it first, for example with iconv --from-code LATIN1.",
    );
  }
}

/** The operating system's user who runs this process, whatever the environment says. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    // The user has no name on this machine, or reading it is not permitted.
    return "unknown";
  }
}
