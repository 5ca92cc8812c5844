/** The sessions of logged-in browsers. Only the token in a browser's cookie gives access to its session. */
import { randomBytes } from "node:crypto";
import type { Password } from "./password.ts";
import { SessionTable } from "./session_table.ts";

/** Where sessions outlive the process. It loads what it stores into the table, and is told of each change. */
export interface SessionKeeper {
  /** Resolves when it is known which stored sessions are valid; until then there are none. */
  begin(): Promise<void>;
  /** Resolves when the session is stored, or as soon as it is clear that it cannot be for the moment. */
  opened(hash: string): Promise<void>;
  visited(hash: string): void;
  /** `wasKnown`: whether this process knew the session. */
  ended(hash: string, how: { readonly wasKnown: boolean }): void;
  /** Loads those sessions into the table that other hosts have opened; within a second, or not at all. */
  lookUp(hashes: readonly string[]): Promise<void>;
  /** Stores what is not yet stored. */
  close(): void;
}

/** Sessions end with the process. */
export const inMemoryOnly = (): SessionKeeper => ({
  begin: () => Promise.resolve(),
  opened: () => Promise.resolve(),
  visited() {},
  ended() {},
  lookUp: () => Promise.resolve(),
  close() {},
});

export interface SessionsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A session is worthless under a different password. */
  readonly password: Password;
  readonly keeper: (table: SessionTable) => SessionKeeper;
}

const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

export class Sessions {
  /** Resolves when the stored sessions are loaded. */
  readonly ready: Promise<void>;
  readonly #table: SessionTable;
  readonly #password: Password;
  readonly #keeper: SessionKeeper;

  constructor({ now, password, keeper }: SessionsOptions) {
    this.#password = password;
    this.#table = new SessionTable(now);
    this.#keeper = keeper(this.#table);
    this.ready = this.#keeper.begin();
  }

  /** Returns the token for the cookie: 32 random bytes, which are stored nowhere else. */
  async open(): Promise<string> {
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const now = this.#table.now();
    const hash = this.#hashOf(token);
    this.#table.add(hash, { openedAt: now, seenAt: now });
    await this.#keeper.opened(hash);
    return token;
  }

  /** Whether the session is valid; this counts as activity, and the idle time starts again. */
  visit(token: string): boolean {
    const hash = this.#hashOf(token);
    const session = this.#table.living(hash);
    if (session === null) return false;
    session.seenAt = this.#table.now();
    this.#keeper.visited(hash);
    return true;
  }

  /** Whether the session is valid, without extending it. */
  lives(token: string): boolean {
    return this.#table.living(this.#hashOf(token)) !== null;
  }

  end(token: string): void {
    const hash = this.#hashOf(token);
    this.#keeper.ended(hash, { wasKnown: this.#table.remove(hash) });
  }

  /** Asks the other hosts for sessions that are not known here; within a second. */
  async lookUp(tokens: readonly string[]): Promise<void> {
    const unfamiliar = tokens.filter((token) => TOKEN.test(token) && !this.lives(token));
    if (unfamiliar.length > 0) await this.#keeper.lookUp(unfamiliar.map((token) => this.#hashOf(token)));
  }

  close(): void {
    this.#keeper.close();
  }

  /** The key is the token, which is not stored; so no password guess can be tested against this either. */
  #hashOf(token: string): string {
    return this.#password.seal(token).toString("base64url");
  }
}
