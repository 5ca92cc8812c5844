/** The shape of a command of `deno task jobs`. */
import type { Admin, ExitCode, Inspector, Operator } from "@persistent-queue/queue";
import type { Actor } from "../auth/audit.ts";

/** What a command line may do: look, add, move, check and copy. */
export type CliQueue = Inspector & Operator & Admin;

export interface CliIo {
  /** Called at most once, and only when the command line makes sense; the command closes what it gets. */
  readonly openQueue: (how: { readonly mustExist: boolean }) => Promise<CliQueue>;
  /** The URL of the queue that this opens. */
  readonly queueUrl: string;
  /**
   * The URL of another queue with what variables such as `PGSSLMODE` add to it, as they do to the first, and what is wrong
   * with them. `setting`: where the URL stands.
   */
  readonly completeUrl: (
    url: string,
    setting: string,
  ) => { readonly url: string; readonly problems: readonly string[] };
  /** One line or several, without the line end. */
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** All of standard input, for `--payload -`. */
  readonly readInput: () => Promise<string>;
  /** Asks the person at the terminal; null without a terminal. */
  readonly confirm: ((question: string) => boolean) | null;
  /** From now on calls `listener` at the first Ctrl+C, instead of ending at once. */
  readonly onInterrupt: (listener: () => void) => void;
  /** Who runs the command, and where what it does is written down. */
  readonly actor: Actor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface OptionRule {
  readonly type: "string" | "boolean";
  /** How the value is called in the help; none for a switch. */
  readonly value?: string;
  /** One letter that stands for it. */
  readonly short?: string;
  readonly help: string;
}

export interface CommandLine {
  readonly operands: readonly string[];
  /** The text of an option, or undefined where it was not given. */
  text(name: string): string | undefined;
  has(name: string): boolean;
}

export interface CommandCall {
  readonly line: CommandLine;
  readonly io: CliIo;
  readonly json: boolean;
}

export interface Command {
  /** What is expected behind the name: `<id>…`. */
  readonly operands: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionRule>>;
  readonly examples: readonly string[];
  /**
   * Checks the command line before anything is opened, and returns what is to be done.
   * @throws {UsageError}
   */
  prepare(call: CommandCall): Promise<Work | OwnWork>;
}

export type Work = (queue: CliQueue) => Promise<ExitCode>;

/** Work that does not need the queue of the settings, or opens it in its own way. */
export interface OwnWork {
  run(): Promise<ExitCode>;
}

/** Ended in the middle by Ctrl+C. The message is one sentence that says how far it came. Exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** The command line makes no sense. The message is one sentence. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
