/** The dependencies of the pages: the queue in its roles, the running system, the clock. */
import type { Fault, Inspector, Operator, SystemView } from "@persistent-queue/queue";
import type { Audit } from "./auth/audit.ts";
import type { PageAddresses } from "./http/page_address.ts";

/** For the Manager, whose visitors are logged in. */
export interface PageDeps extends PageAddresses {
  readonly queue: Inspector & Operator;
  readonly system: System;
  /** Whether people may crash or hang a consumer. */
  readonly faultInjection: boolean;
  /** Receives what people and scripts do. */
  readonly audit: Audit;
  /** Milliseconds since 1970, by the clock of the queue. */
  readonly now: () => number;
  readonly version: string;
}

/** For Ops, which changes nothing. A `PageDeps` is one, too. */
export interface OpsDeps extends PageAddresses {
  readonly queue: Inspector;
  readonly system: Pick<System, "view">;
  /** Milliseconds since 1970, by the clock of the queue. */
  readonly now: () => number;
  readonly version: string;
}

/**
 * What the pages read from the running system, and may ask it to do. `main.ts` passes an implementation in: this
 * workspace member does not know the workers.
 */
export interface System {
  view(): SystemView;
  /** Sweeps for stalled jobs now. Returns how many jobs went back to the queue. @throws {StorageError} */
  sweep(): Promise<number>;
  /**
   * Makes the thread of this consumer die, or spin forever, to show how the system recovers. `by` names the requester.
   * False = no such consumer here.
   */
  injectFault(consumerId: string, how: Fault, by: string): boolean;
}
