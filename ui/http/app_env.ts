/** What accompanies each request through the middleware. */
import type { Client } from "./client_address.ts";

export interface AppEnv {
  Bindings: {
    /** Who sent the request, over what, and whether through a proxy. */
    readonly client: Client;
    /** The prefix of every path that leads back here: `/jobs`, or empty. `page_address.ts` adds it. */
    readonly basePath: string;
    /** The origin under which people reach this page, whatever a proxy does to `Host`; null = as it is bound. */
    readonly publicOrigin: string | null;
    /** Resolves with true when there is room for one more response, with false if that takes too long. */
    readonly room: () => Promise<boolean>;
    readonly progress: Progress;
  };
  Variables: {
    /** Set behind the login. */
    visitor: Visitor;
    /** Set before a page of the Manager: its frame, for error pages too. */
    manager: ManagerFrame;
    /** Set before a page of Ops: its frame, for error pages too. */
    ops: OpsFrame;
  };
}

/** Whether the process is working on a request: this decides whether its death is charged to jobs. */
export interface Progress {
  begin(): void;
  /** May be called before the response is complete, for one that only waits for news. */
  end(): void;
}

export interface ManagerFrame {
  readonly version: string;
  /** The origin of the Ops page, or null. */
  readonly ops: string | null;
}

export interface OpsFrame {
  readonly version: string;
  /** The origin of the Manager, or null. */
  readonly manager: string | null;
  /** Whether its visitors log in. */
  readonly hasLogin: boolean;
}

export interface Visitor {
  /** For the log: who asked. */
  readonly name: "manager" | "API token";
  /** Whether the visitor is still authorized; asking does not keep the session alive. */
  stillAuthorized(): boolean;
}
