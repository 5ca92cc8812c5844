/** What the pages get to work with: the queue in its roles, the running system, the clock. */
import type { Fault, Inspector, Operator, SystemView } from "@persistent-queue/queue";
import type { Audit } from "./auth/audit.ts";
import type { Neighbours } from "./http/page_address.ts";

/** For the Manager, whose visitors are logged in. */
export interface PageDeps extends Neighbours {
  readonly queue: Inspector & Operator;
  readonly system: System;
  /** Whether people may crash or hang a consumer. */
  readonly faultInjection: boolean;
  /** Hears what people and scripts do. */
  readonly audit: Audit;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly version: string;
}

/** For Ops, which changes nothing. A `PageDeps` will do as one. */
export interface OpsDeps extends Neighbours {
  readonly queue: Inspector;
  readonly system: Pick<System, "view">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly version: string;
}

/**
 * What the pages need of the running system, and may ask of it. `main.ts` passes an implementation in: this member
 * never sees the workers.
 */
export interface System {
  view(): SystemView;
  /** Looks for stalled jobs now. Returns how many jobs went back to the queue. @throws {StorageError} */
  sweep(): Promise<number>;
  /**
   * Makes the thread of this consumer die, or spin for ever, to show how the system recovers. `by` names the requester.
   * False = no such consumer here.
   */
  injectFault(consumerId: string, how: Fault, by: string): boolean;
}
