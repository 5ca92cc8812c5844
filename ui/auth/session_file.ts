/** Sessions that outlive the process: one small file that is of no use for a login. */
import { PRIVATE_FILE } from "@persistent-queue/queue";

export interface Session {
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  seenAt: number;
}

export interface StoredSessions {
  /** Of the password that they were opened with. */
  readonly verifier: string;
  readonly sessions: ReadonlyMap<string, Session>;
}

export interface SessionFile {
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
