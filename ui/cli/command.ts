/** The shape of a command of `deno task jobs`. */
import type { Admin, ExitCode, Inspector, Operator } from "@persistent-queue/queue";
import type { Actor } from "../auth/audit.ts";

/** What the command line may do: read, add, move, check and copy. */
export type CliQueue = Inspector & Operator & Admin;

export interface CliIo {
  /** Called at most once, and only if the command line is valid; the command closes the queue. */
  readonly openQueue: (how: { readonly mustExist: boolean }) => Promise<CliQueue>;
  /** The URL of the queue that `openQueue` opens. */
  readonly queueUrl: string;
  /**
   * Completes the URL of another queue with variables such as `PGSSLMODE`, like that of the first, and returns what is
   * wrong with them. `setting`: where the URL was given.
   */
  readonly completeUrl: (
    url: string,
    setting: string,
  ) => { readonly url: string; readonly problems: readonly string[] };
  /** Why a copy of the queue must not be written to this path, in a sentence; null if it may. */
  readonly problemOfCopy: (path: string) => string | null;
  /** Prints one or more lines, given without the final line end. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Reads all of standard input, for `--payload -`. @throws {UsageError} for what is not UTF-8 */
  readonly readInput: () => Promise<string>;
  /** Asks the person at the terminal; null without a terminal. */
  readonly confirm: ((question: string) => boolean) | null;
  /** From now on the first Ctrl+C calls `listener` instead of ending the process. */
  readonly onInterrupt: (listener: () => void) => void;
  /** Who runs the command, and where its actions are logged. */
  readonly actor: Actor;
  /** Milliseconds since any moment. What is due, or has changed within a span, is counted by the clock of the queue. */
  readonly elapsed: () => number;
}

export interface OptionRule {
  readonly type: "string" | "boolean";
  /** The name of the value in the help; none for a switch. */
  readonly value?: string;
  /** Its one-letter form. */
  readonly short?: string;
  readonly help: string;
}

export interface CommandLine {
  readonly operands: readonly string[];
  /** The text of an option, or undefined if it was not given. */
  text(name: string): string | undefined;
  has(name: string): boolean;
}

export interface CommandCall {
  readonly line: CommandLine;
  readonly io: CliIo;
  readonly json: boolean;
}

export interface Command {
  /** What is expected after the name, such as `<id>…`. */
  readonly operands: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionRule>>;
  readonly examples: readonly string[];
  /**
   * Checks the command line before anything is opened, and returns the work to do.
   * @throws {UsageError}
   */
  prepare(call: CommandCall): Promise<Work | OwnWork>;
}

export type Work = (queue: CliQueue) => Promise<ExitCode>;

/** Work that does not need the configured queue, or opens it in its own way. */
interface OwnWork {
  run(): Promise<ExitCode>;
}

/** Interrupted by Ctrl+C. The message is one sentence that says how far the work got. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** The command line is invalid. The message is one sentence. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
