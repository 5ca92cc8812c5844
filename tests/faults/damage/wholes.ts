/** Foreign files in place of a database: they must be refused, and stay as they are. */
import { DatabaseSync } from "node:sqlite";
import { PAGE } from "./database.ts";
import type { Damage } from "./parts.ts";
import type { Random } from "../../support/random.ts";

/** The first bytes of a database, which say what it is. */
const HEADER = 100;
const OURS = "PRAGMA application_id = 1347504706; PRAGMA user_version = 2; PRAGMA journal_mode = WAL";

type Befall = Damage["befall"];

function toDamages(whats: Readonly<Record<string, Befall>>): Damage[] {
  return Object.entries(whats).map(([what, befall]) => ({ what, befall, leaves: null, mayBeTold: false }));
}

/** Forms of a lost database. A log that is left behind holds commits that must not be overwritten. */
export const EMPTY_FILES: readonly Damage[] = toDamages({
  "the database is an empty file": (path) => empty(path, []),
  "the database is an empty file, its log is gone": (path) => empty(path, ["-wal"]),
  "the database is an empty file, and nothing beside it": (path) => empty(path, ["-wal", "-shm"]),
  "the database and its log are empty files": (path) => {
    empty(path, ["-shm"]);
    Deno.truncateSync(`${path}-wal`, 0);
  },
  "the database is a file of one byte, which SQLite takes for empty": (path) => Deno.truncateSync(path, 1),
  "the database is gone, its log is there": (path) => Deno.removeSync(path),
});

/** Databases of another program, or of a later release. */
export const FOREIGN_SCHEMAS: readonly Damage[] = toDamages({
  "a database of another program": (path) =>
    make(path, "CREATE TABLE jobs (id); INSERT INTO jobs VALUES (1)"),
  "a database without a mark, with nothing in it": (path) => make(path, "VACUUM"),
  "our mark on another program's tables": (path) => make(path, `CREATE TABLE theirs (id); ${OURS}`),
  "our name on other jobs": (path) => make(path, `CREATE TABLE jobs (id, status); ${OURS}`),
  "a database of a later release": (path) =>
    make(path, "PRAGMA application_id = 1347504706; PRAGMA user_version = 99"),
});

/** No database at all. The log of the former one may still be there. */
export function stranger(random: Random): Damage {
  const [damage] = toDamages(random.pick(STRANGERS)(random));
  if (damage === undefined) throw new RangeError("A stranger is something.");
  if (random.chance(0.5)) return damage;
  const befall = (path: string) => {
    for (const suffix of ["-wal", "-shm"]) removeIfThere(path + suffix);
    damage.befall(path);
  };
  return { ...damage, what: `${damage.what}, with nothing beside it`, befall };
}

const STRANGERS: readonly ((random: Random) => Record<string, Befall>)[] = [
  (random) => {
    const bytes = noise(1 + random.below(5 * PAGE), random);
    return { [`${bytes.length} bytes of noise`]: (path) => Deno.writeFileSync(path, bytes) };
  },
  (random) => {
    const text = "A list of what is to be done.\n".repeat(1 + random.below(500));
    return { [`a text of ${text.length} letters`]: (path) => Deno.writeTextFileSync(path, text) };
  },
  () => ({
    "a folder": (path) => {
      Deno.removeSync(path);
      Deno.mkdirSync(path);
    },
  }),
  (random) => {
    const length = 1 + random.below(HEADER - 1);
    return { [`the first ${length} bytes of the database`]: (path) => Deno.truncateSync(path, length) };
  },
  (random) => {
    const rest = noise(1 + random.below(3 * PAGE), random);
    return { [`the header, and ${rest.length} bytes of noise`]: (path) => keepHeader(path, rest) };
  },
  () => ({
    "the first page, and no other": (path) => {
      Deno.truncateSync(path, PAGE);
      removeIfThere(`${path}-wal`);
    },
  }),
];

function noise(length: number, random: Random): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.below(256));
}

function keepHeader(path: string, rest: Uint8Array): void {
  Deno.truncateSync(path, HEADER);
  Deno.writeFileSync(path, rest, { append: true });
}

function make(path: string, sql: string): void {
  for (const suffix of ["", "-wal", "-shm"]) removeIfThere(path + suffix);
  using db = new DatabaseSync(path);
  db.exec(sql);
}

function empty(path: string, gone: readonly string[]): void {
  Deno.truncateSync(path, 0);
  for (const suffix of gone) removeIfThere(path + suffix);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
