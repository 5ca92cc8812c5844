/** What travels with each request through the middleware. */
export interface AppEnv {
  Bindings: {
    /** The address of the other end; `127.0.0.1` for a socket of this machine's file system. */
    readonly peer: string;
  };
  Variables: {
    /** Set behind the login. */
    visitor: Visitor;
    /** Set on the way to a page of the Manager: its frame, for errors too. */
    manager: ManagerFrame;
  };
}

export interface ManagerFrame {
  readonly version: string;
  /** The origin of the Ops page, or null. */
  readonly ops: string | null;
}

export interface Visitor {
  /** For the log: who asked. */
  readonly name: "manager" | "api";
  /** Whether what let the visitor in still holds; asking is not a sign of life. */
  stillWelcome(): boolean;
}
