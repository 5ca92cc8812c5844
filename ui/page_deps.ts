/** What the pages get to work with: the queue in its roles, the running system, the clock. */
import type { Inspector, Operator } from "@persistent-queue/queue";
import type { Audit } from "./auth/audit.ts";
import type { Neighbours } from "./http/other_page.ts";
import type { System } from "./system.ts";

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
export interface OpsPorts extends Neighbours {
  readonly queue: Inspector;
  readonly system: Pick<System, "view">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly version: string;
}
