/** What travels with each request through the middleware. */
import type { Client } from "./client_address.ts";

export interface AppEnv {
  Bindings: {
    /** Who sent the request, over what, and whether a proxy stands between. */
    readonly client: Client;
    /** Before the paths of all that leads back here: `/jobs`, or empty. `base_path.ts` puts it there. */
    readonly basePath: string;
    /** Of the address by which people reach this page, whatever a proxy makes of `Host`; null = as it is bound. */
    readonly publicOrigin: string | null;
    /** Resolves when there is room for one more response; with false where none came. */
    readonly room: () => Promise<boolean>;
    readonly progress: Progress;
  };
  Variables: {
    /** Set behind the login. */
    visitor: Visitor;
    /** Set on the way to a page of the Manager: its frame, for errors too. */
    manager: ManagerFrame;
    /** Set on the way to a page of Ops: its frame, for errors too. */
    ops: OpsFrame;
  };
}

/** Whether the process works on a request, which the judgement of a dead process depends on. */
export interface Progress {
  begin(): void;
  /** Also before its response has been taken whole: of one that only waits for news. */
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
}

export interface Visitor {
  /** For the log: who asked. */
  readonly name: "manager" | "API token";
  /** Whether what let the visitor in still holds; asking is not a sign of life. */
  stillWelcome(): boolean;
}
