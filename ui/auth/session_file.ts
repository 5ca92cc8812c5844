/** The small file in which sessions outlive the process. Its content does not allow a login. */
import { fieldsIn, messageOf, PRIVATE_FILE } from "@persistent-queue/queue";
import type { Password } from "./password.ts";
import type { SessionKeeper } from "./session.ts";
import type { Session, SessionTable } from "./session_table.ts";

/** A visit changes little: several are written together, and a crash in between shortens a session by half a minute. */
const VISITS_SAVED_AFTER_MS = 30_000;

export interface FileSessionsOptions {
  readonly file: SessionFile;
  readonly password: Password;
  /** Receives the reason if the file cannot be written; the sessions go on without it. */
  readonly onFault: (error: unknown) => void;
  /** Receives why the file cannot be used, and null once it can. */
  readonly onTrouble?: (trouble: string | null) => void;
}

/** Going back to an earlier password does not bring its sessions back. */
export class FileSessions implements SessionKeeper {
  readonly #options: FileSessionsOptions;
  readonly #table: SessionTable;
  #verifier = "";
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(table: SessionTable, options: FileSessionsOptions) {
    [this.#table, this.#options] = [table, options];
  }

  async begin(): Promise<void> {
    const table = this.#table;
    const { file, password, onFault } = this.#options;
    const stored = file.load((error) => this.#noteTrouble(error));
    if (stored.sessions.size === 0) return;
    if (!await password.isIn(stored.verifier).catch(onFault)) return this.#save();
    this.#verifier = stored.verifier;
    for (const [hash, session] of stored.sessions) {
      // A session from the future would never end.
      if (session.openedAt <= table.now() && session.seenAt <= table.now()) table.add(hash, session);
    }
    table.forgetOld();
  }

  async opened(): Promise<void> {
    this.#verifier = await this.#options.password.verifier();
    this.#save();
  }

  visited(): void {
    this.#timer ??= setTimeout(() => this.#save(), VISITS_SAVED_AFTER_MS);
  }

  ended(_hash: string, { wasKnown }: { readonly wasKnown: boolean }): void {
    if (wasKnown) this.#save();
  }

  /** There is no other host. */
  lookUp(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    if (this.#timer !== null) this.#save();
  }

  #save(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#table.forgetOld();
    try {
      this.#options.file.save({ verifier: this.#verifier, sessions: this.#table.all });
      this.#options.onTrouble?.(null);
    } catch (error) {
      this.#options.onFault(error);
      this.#noteTrouble(error);
    }
  }

  #noteTrouble(error: unknown): void {
    this.#options.onTrouble?.(messageOf(error));
  }
}

interface StoredSessions {
  /** The verifier of the password that they were opened with. */
  readonly verifier: string;
  readonly sessions: ReadonlyMap<string, Session>;
}

interface SessionFile {
  /** None if it cannot be read. `onFault` receives why, unless the file is only missing. */
  load(onFault?: (error: unknown) => void): StoredSessions;
  /** Atomic: a crash in between leaves the previous content. */
  save(stored: StoredSessions): void;
}

export function sessionFile(path: string): SessionFile {
  return {
    load: (onFault = () => {}) => storedIn(textOf(path, onFault)),
    save({ verifier, sessions }) {
      const next = `${path}.next`;
      Deno.writeTextFileSync(next, JSON.stringify({ verifier, sessions: [...sessions] }), {
        mode: PRIVATE_FILE,
      });
      // A leftover file may have any mode.
      Deno.chmodSync(next, PRIVATE_FILE);
      Deno.renameSync(next, path);
    },
  };
}

/** If it cannot be read, people have to log in again, and that is all. */
function textOf(path: string, onFault: (error: unknown) => void): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) onFault(error);
    return "";
  }
}

/** The content if it has the right shape; otherwise nothing. */
function storedIn(text: string): StoredSessions {
  const { verifier, sessions } = fieldsIn(text);
  const isOurs = typeof verifier === "string" && Array.isArray(sessions) && sessions.every(isEntry);
  return isOurs ? { verifier, sessions: new Map(sessions) } : { verifier: "", sessions: new Map() };
}

function isEntry(value: unknown): value is [string, Session] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [hash, session]: unknown[] = value;
  return typeof hash === "string" && typeof session === "object" && session !== null &&
    "openedAt" in session && Number.isFinite(session.openedAt) &&
    "seenAt" in session && Number.isFinite(session.seenAt);
}
