/** Sessions, and the small file in which they outlive the process: it is of no use for a login. */
import { HOUR_MS, MINUTE_MS, PRIVATE_FILE } from "@persistent-queue/queue";
import { randomBytes } from "node:crypto";
import type { Password } from "./password.ts";

const IDLE_MS = 30 * MINUTE_MS;
const WHOLE_MS = 8 * HOUR_MS;
const MAX_SESSIONS = 1000;
/** A visit changes little: several are written at once, and a crash in between costs a session half a minute. */
const VISITS_SAVED_AFTER_MS = 30_000;

export interface SessionsOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A session is worth nothing under another one. */
  readonly password: Password;
  /** Null: they end with the process. */
  readonly file: SessionFile | null;
  /** Hears why the file cannot be written; the sessions go on without it. */
  readonly onFault: (error: unknown) => void;
}

/** Who is logged in. Only hashes are kept: a reader of this memory, or of the file, cannot log in with them. */
export class Sessions {
  /**
   * Resolves when it is known whether those in the file were opened with this password. Until then there are none: going
   * back to a former password is not to bring back who was logged in with it.
   */
  readonly ready: Promise<void>;
  readonly #byHash = new Map<string, Session>();
  readonly #options: SessionsOptions;
  #verifier = "";
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.ready = this.#load();
  }

  /** Returns the token for the cookie: 32 random bytes, told once. */
  async open(): Promise<string> {
    this.#verifier = await this.#options.password.verifier();
    this.#forgetOld();
    const [oldest] = this.#byHash.keys();
    if (oldest !== undefined && this.#byHash.size >= MAX_SESSIONS) this.#byHash.delete(oldest);
    const token = randomBytes(32).toString("base64url");
    const now = this.#options.now();
    this.#byHash.set(this.#hashOf(token), { openedAt: now, seenAt: now });
    this.#save();
    return token;
  }

  /** Whether the session lives; this is a sign of life, and the idle time starts again. */
  visit(token: string): boolean {
    const session = this.#byHash.get(this.#hashOf(token));
    if (session === undefined || !this.#isValid(session)) return false;
    session.seenAt = this.#options.now();
    if (this.#options.file !== null) this.#timer ??= setTimeout(() => this.#save(), VISITS_SAVED_AFTER_MS);
    return true;
  }

  /** Whether the session lives, without making it live longer. */
  lives(token: string): boolean {
    const session = this.#byHash.get(this.#hashOf(token));
    return session !== undefined && this.#isValid(session);
  }

  end(token: string): void {
    if (this.#byHash.delete(this.#hashOf(token))) this.#save();
  }

  /** Writes what is not yet written. */
  close(): void {
    if (this.#timer !== null) this.#save();
  }

  async #load(): Promise<void> {
    const { file, password, now } = this.#options;
    const stored = file?.load();
    if (stored === undefined || stored.sessions.size === 0) return;
    if (!await password.isIn(stored.verifier).catch(this.#options.onFault)) return this.#save();
    this.#verifier = stored.verifier;
    for (const [hash, session] of stored.sessions) {
      // A session from the future would never end.
      if (session.openedAt <= now() && session.seenAt <= now()) this.#byHash.set(hash, session);
    }
    this.#forgetOld();
  }

  #isValid({ openedAt, seenAt }: Session): boolean {
    const now = this.#options.now();
    return now - seenAt < IDLE_MS && now - openedAt < WHOLE_MS;
  }

  #forgetOld(): void {
    for (const [hash, session] of this.#byHash) if (!this.#isValid(session)) this.#byHash.delete(hash);
  }

  #save(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#forgetOld();
    try {
      this.#options.file?.save({ verifier: this.#verifier, sessions: this.#byHash });
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** The token is the key, and cannot be found; so the password cannot be tried out on this either. */
  #hashOf(token: string): string {
    return this.#options.password.seal(token).toString("base64url");
  }
}

export interface Session {
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  seenAt: number;
}

interface StoredSessions {
  /** Of the password that they were opened with. */
  readonly verifier: string;
  readonly sessions: ReadonlyMap<string, Session>;
}

interface SessionFile {
  load(): StoredSessions;
  /** Whole or not at all: a crash in between leaves what was there before. */
  save(stored: StoredSessions): void;
}

export function sessionFile(path: string): SessionFile {
  return {
    load: () => storedIn(textOf(path)),
    save({ verifier, sessions }) {
      const next = `${path}.next`;
      Deno.writeTextFileSync(next, JSON.stringify({ verifier, sessions: [...sessions] }), {
        mode: PRIVATE_FILE,
      });
      // An older one may have been left behind with any mode.
      Deno.chmodSync(next, PRIVATE_FILE);
      Deno.renameSync(next, path);
    },
  };
}

/** Whatever stands in the way of reading it costs a login, and nothing else. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** What is of the right shape; nothing of a file that is not ours. */
function storedIn(text: string): StoredSessions {
  const { verifier, sessions } = fieldsIn(text);
  const isOurs = typeof verifier === "string" && Array.isArray(sessions) && sessions.every(isEntry);
  return isOurs ? { verifier, sessions: new Map(sessions) } : { verifier: "", sessions: new Map() };
}

function fieldsIn(text: string): { readonly verifier?: unknown; readonly sessions?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isEntry(value: unknown): value is [string, Session] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [hash, session]: unknown[] = value;
  return typeof hash === "string" && typeof session === "object" && session !== null &&
    "openedAt" in session && Number.isFinite(session.openedAt) &&
    "seenAt" in session && Number.isFinite(session.seenAt);
}
