/** What happens to the files of a database while it is open, and what the operator does then. */
export interface Loss {
  readonly what: string;
  readonly befall: (path: string) => void;
  /** Null if the next start finds everything in place. */
  readonly putBack: ((path: string) => void) | null;
  /** Another file is in its place, which the next start would take for the database. */
  readonly isReplaced?: boolean;
}

/** Puts back what the system saved of it when it stopped. */
const takeRescued = (path: string) => Deno.renameSync(`${path}.rescued`, path);

export const LOSSES: readonly Loss[] = [
  { what: "the database is deleted", befall: (path) => Deno.removeSync(path), putBack: takeRescued },
  {
    what: "the database is moved",
    befall: (path) => Deno.renameSync(path, `${path}.moved`),
    putBack: (path) => Deno.renameSync(`${path}.moved`, path),
  },
  {
    what: "the database is replaced by a copy of it",
    befall: (path) => Deno.renameSync(`${path}.copy`, path),
    putBack: takeRescued,
    isReplaced: true,
  },
  {
    what: "the database is replaced by an empty file",
    befall: (path) => {
      Deno.writeTextFileSync(`${path}.empty`, "");
      Deno.renameSync(`${path}.empty`, path);
    },
    putBack: takeRescued,
  },
  { what: "the database is emptied", befall: (path) => Deno.truncateSync(path), putBack: takeRescued },
  { what: "the log is deleted", befall: (path) => Deno.removeSync(`${path}-wal`), putBack: null },
  { what: "the lock is deleted", befall: (path) => Deno.removeSync(`${path}.lock`), putBack: null },
];
