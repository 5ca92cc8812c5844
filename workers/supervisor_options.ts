/** The parts that a supervisor is made of. */
import type { Consumer, Enqueuer, Inspector, Maintainer, Presenter } from "@persistent-queue/queue";
import type { Spawn } from "./child.ts";
import type { Settings } from "./config.ts";
import type { Dispatcher, DispatcherOptions } from "./dispatcher.ts";
import type { Log } from "./log.ts";
import type { HandlerCheck } from "./slots/handler_check.ts";
import type { HostedThreads } from "./slots/hosted_threads.ts";

type Queue =
  & (Enqueuer & Consumer & Maintainer & Presenter)
  & Pick<Inspector, "subscribe" | "trouble" | "warnings">;

export interface SupervisorOptions {
  readonly queue: Queue;
  readonly settings: Settings;
  readonly log: Log;
  readonly handlers?: URL; // their folder; that of the settings unless given
  readonly threads?: HostedThreads; // with the handlers' permissions; those of this process unless given
  readonly spawn?: Spawn; // starts a thread; a real one unless given
  readonly dispatch?: (options: DispatcherOptions) => Dispatcher; // makes the dispatcher; the usual one unless given
  readonly check?: Pick<HandlerCheck, "problems" | "trials" | "hold">; // what is wrong with the handlers
  readonly warnings?: () => readonly string[]; // of parts that it does not know, such as the pages
  readonly now?: () => number; // milliseconds since 1970
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number;
  /** Gets the errors themselves; the log gets their messages. */
  readonly onError?: (error: unknown) => void;
  /** The supervisor cannot go on: the process should end with this code. */
  readonly onFatal: (exitCode: number, why: string) => void;
}
