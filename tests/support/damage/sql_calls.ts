/**
 * Reports every call that reaches SQLite, before and after it: a test can kill, fail or record at any point, and the
 * product needs no code for it.
 */
import { DatabaseSync, StatementSync } from "node:sqlite";
import { SQL } from "../../../queue/sqlite/statements.ts";

export interface SqlCall {
  readonly db: DatabaseSync;
  /** The path of the database file. */
  readonly path: string;
  /** As `statements.ts` names it, else its first words: `insert`, `BEGIN IMMEDIATE`, `PRAGMA quick_check`, `close`. */
  readonly name: string;
  readonly how: "exec" | "prepare" | "run" | "get" | "all" | "close";
}

/** Calls that the listener itself makes are not reported. */
export interface SqlListener {
  /** An error from here is thrown by the call: SQLite never receives it. */
  before?(call: SqlCall): void;
  /** The call has returned, but its caller has not seen the result yet. */
  after?(call: SqlCall): void;
  /** The call has thrown, but its caller has not seen the error yet. */
  failed?(call: SqlCall, error: unknown): void;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

const NAMES = new Map<string, string>(Object.entries(SQL).map(([name, sql]) => [sql, name]));

/** By folder; each listener has its own. */
const listeners = new Map<string, SqlListener>();
const connections = new WeakMap<DatabaseSync, { path: string; listener: SqlListener | null }>();
const statements = new WeakMap<StatementSync, { db: DatabaseSync; name: string }>();
let isListening = false;

/** Reports to `listener` every connection to a database in `folder` that is opened from now on. `dispose` ends it. */
export function onSqlCalls(folder: string, listener: SqlListener): Disposable {
  if (listeners.size === 0) replaceMethods();
  const path = Deno.realPathSync(folder);
  listeners.set(path, listener);
  return {
    [Symbol.dispose]: () => {
      listeners.delete(path);
      if (listeners.size === 0) restoreMethods();
    },
  };
}

const originals = new Map<object, Map<string, PropertyDescriptor | undefined>>();

function replaceMethods(): void {
  for (const how of ["exec", "prepare", "close"] as const) {
    replace(DatabaseSync.prototype, how, (self, [sql]) => {
      return self instanceof DatabaseSync ? { db: self, name: nameOf(sql, how) } : undefined;
    });
  }
  for (const how of ["run", "get", "all"] as const) {
    replace(
      StatementSync.prototype,
      how,
      (self) => self instanceof StatementSync ? statements.get(self) : undefined,
    );
  }
}

/** `toSubject` returns the connection on which the method works, and the name of what it does. */
function replace(
  prototype: object,
  how: SqlCall["how"],
  toSubject: (self: unknown, args: readonly unknown[]) => { db: DatabaseSync; name: string } | undefined,
): void {
  const own = originals.get(prototype) ?? new Map();
  originals.set(prototype, own.set(how, Object.getOwnPropertyDescriptor(prototype, how)));
  const original = Reflect.get(prototype, how) as Method;
  const replaced: Method = function (...args) {
    const subject = isListening ? undefined : toSubject(this, args);
    if (subject === undefined) return original.apply(this, args);
    const { path, listener } = connectionOf(subject.db);
    const call = { ...subject, how, path };
    if (listener) quietly(() => listener.before?.(call));
    const result = attempted(() => original.apply(this, args), (error) => {
      if (listener) quietly(() => listener.failed?.(call, error));
    });
    if (result instanceof StatementSync) statements.set(result, subject);
    if (listener) quietly(() => listener.after?.(call));
    return result;
  };
  Object.defineProperty(prototype, how, { value: replaced, writable: true, configurable: true });
}

function restoreMethods(): void {
  for (const [prototype, own] of originals) {
    for (const [how, descriptor] of own) {
      if (descriptor === undefined) Reflect.deleteProperty(prototype, how);
      else Object.defineProperty(prototype, how, descriptor);
    }
  }
  originals.clear();
}

function attempted<T>(work: () => T, onError: (error: unknown) => void): T {
  try {
    return work();
  } catch (error) {
    onError(error);
    throw error;
  }
}

function quietly(tell: () => void): void {
  isListening = true;
  try {
    tell();
  } finally {
    isListening = false;
  }
}

function connectionOf(db: DatabaseSync): { path: string; listener: SqlListener | null } {
  const known = connections.get(db);
  if (known !== undefined) return known;
  const path = db.isOpen ? db.location() ?? "" : "";
  const found = { path, listener: listeners.get(path.replace(/\/[^/]*$/, "")) ?? null };
  connections.set(db, found);
  return found;
}

function nameOf(sql: unknown, how: string): string {
  const text = String(sql);
  const known = how === "close" ? "close" : NAMES.get(text);
  if (known !== undefined) return known;
  const firstLine = text.split("\n").find((line) => !line.startsWith("--")) ?? "";
  return firstLine.replace(/\s*[=(;].*$/, "").trim();
}
