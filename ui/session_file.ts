/** Sessions that outlive the process: one small file, which whoever reads it cannot log in with. */

export interface Session {
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  seenAt: number;
}

export interface SessionFile {
  load(): Map<string, Session>;
  /** Whole or not at all: a crash in between leaves what was there before. */
  save(sessions: ReadonlyMap<string, Session>): void;
}

const MODE = 0o600;

export function sessionFile(path: string): SessionFile {
  return {
    load: () => new Map(entriesOf(textOf(path))),
    save(sessions) {
      const next = `${path}.next`;
      Deno.writeTextFileSync(next, JSON.stringify([...sessions]), { mode: MODE });
      // An older one may have been left behind with any mode.
      Deno.chmodSync(next, MODE);
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
function entriesOf(text: string): [string, Session][] {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) && values.every(isEntry) ? values : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is [string, Session] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [hash, session]: unknown[] = value;
  return typeof hash === "string" && typeof session === "object" && session !== null &&
    "openedAt" in session && Number.isFinite(session.openedAt) &&
    "seenAt" in session && Number.isFinite(session.seenAt);
}
