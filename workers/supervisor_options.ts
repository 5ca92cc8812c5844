/** What the supervisor is made of. */
import type { Consumer, Enqueuer, Inspector, Maintainer, Presenter } from "@persistent-queue/queue";
import type { Spawn } from "./child.ts";
import type { Settings } from "./config.ts";
import type { Dispatcher, DispatcherOptions } from "./dispatcher.ts";
import type { Log } from "./log.ts";
import type { HostedThreads } from "./slots/hosted_threads.ts";

type Queue =
  & (Enqueuer & Consumer & Maintainer & Presenter)
  & Pick<Inspector, "subscribe" | "trouble" | "warnings">;

export interface SupervisorOptions {
  readonly queue: Queue;
  readonly settings: Settings;
  readonly log: Log;
  readonly handlers?: URL; // their folder, as the settings say unless given
  readonly threads?: HostedThreads; // with what handlers may do; all that this process may unless given
  readonly spawn?: Spawn; // how each is started: for real unless given
  readonly dispatch?: (options: DispatcherOptions) => Dispatcher; // makes the dispatcher; the usual one unless given
  readonly check?: { readonly problems: readonly string[] }; // what is wrong with them
  readonly now?: () => number; // milliseconds since 1970
  /** Monotonic, in milliseconds. */
  readonly clock?: () => number;
  /** Gets the errors that the log has in words. */
  readonly onError?: (error: unknown) => void;
  /** It cannot go on: the process should end with this code. */
  readonly onFatal: (exitCode: number, why: string) => void;
}
