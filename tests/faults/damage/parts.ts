/** Damage to a part of a database while it is closed. */
import { PAGE, type Victim } from "./database.ts";
import type { Random } from "../../support/random.ts";

export interface Damage {
  /** A description from which it can be repeated. */
  readonly what: string;
  /** How many commits must be found; null = it must not be opened at all. */
  readonly leaves: number | null;
  /** It may be refused instead, or reported later: damage may be noticed in one place and do no harm in another. */
  readonly mayBeTold: boolean;
  /** Damages the database at `path`. */
  readonly befall: (path: string) => void;
}

/** The log loses its end, or everything, as if the process had died earlier. */
export function logLoss({ folded, logBytes, commitsWithin }: Victim, random: Random): Damage {
  if (random.chance(0.1)) {
    const befall = (path: string) => Deno.removeSync(`${path}-wal`);
    return { what: "the log is deleted", leaves: folded, mayBeTold: false, befall };
  }
  const at = random.below(logBytes);
  return {
    what: `the log ends at byte ${at}`,
    leaves: folded + commitsWithin(at),
    mayBeTold: false,
    befall: (path) => Deno.truncateSync(`${path}-wal`, at),
  };
}

/** Every frame of the log has a checksum over everything before it. */
export function logFlip({ folded, logBytes, commitsWithin }: Victim, random: Random): Damage {
  const at = random.below(logBytes);
  const bit = 1 << random.below(8);
  return {
    what: `byte ${at} of the log has bit ${bit} flipped`,
    leaves: folded + commitsWithin(at),
    mayBeTold: true,
    befall: (path) => rewrite(`${path}-wal`, { at, length: 1 }, ([byte = 0]) => [byte ^ bit]),
  };
}

/**
 * A page of the database, after the log has lost its end: a page that has a newer version in the log is not read. If the
 * page holds nothing that is needed, everything must be found.
 */
export function pageDamage(victim: Victim, random: Random): Damage {
  const { pages, schemaPages, folded, commitsWithin, logBytes } = victim;
  const page = random.below(pages.length);
  // No flipped bits in the schema: a trigger with a slightly different text is still a valid trigger.
  const kinds = schemaPages.includes(page) ? [zeros, noise] : [zeros, noise, flip, flip, flip, flip];
  const { what, part, change } = random.pick(kinds)(random, pages[page] ?? new Uint8Array(PAGE));
  // Often all of it except the first byte: without a log the start would take it for a clean stop, and not check every
  // index.
  const end = random.chance(0.7) ? 1 : 1 + random.below(logBytes - 1);
  return {
    what: `page ${page} of the database has ${what}, and the log ends at byte ${end}`,
    leaves: folded + commitsWithin(end),
    mayBeTold: true,
    befall: (path) => {
      Deno.truncateSync(`${path}-wal`, end);
      rewrite(path, { at: page * PAGE + part.at, length: part.length }, change);
    },
  };
}

/** The kind of a waiting job becomes another one, which is in no index: all jobs are there. */
export function kindFlip({ pages, folded }: Victim, random: Random): Damage {
  const places = pages.flatMap((page, n) =>
    [...new TextDecoder("latin1").decode(page).matchAll(/filePENDING/g)].map(({ index }) => n * PAGE + index)
  );
  const at = random.pick(places) + random.below("file".length);
  const bit = 1 << random.below(8);
  return {
    what:
      `byte ${at} of the database, in the kind of a job, has bit ${bit} flipped, and the log ends at byte 1`,
    leaves: folded,
    mayBeTold: true,
    befall: (path) => {
      Deno.truncateSync(`${path}-wal`, 1);
      rewrite(path, { at, length: 1 }, ([byte = 0]) => [byte ^ bit]);
    },
  };
}

interface Part {
  readonly at: number;
  readonly length: number;
}

interface Change {
  readonly what: string;
  /** The part of the page. */
  readonly part: Part;
  readonly change: (bytes: Uint8Array) => Iterable<number>;
}

const WHOLE: Part = { at: 0, length: PAGE };

function zeros(): Change {
  return { what: "zeros in it", part: WHOLE, change: (bytes) => bytes.fill(0) };
}

function noise(random: Random): Change {
  return { what: "noise in it", part: WHOLE, change: (bytes) => bytes.map(() => random.below(256)) };
}

/** Where the page holds data, because most of it is free. */
function flip(random: Random, page: Uint8Array): Change {
  const used = [...page.keys()].filter((at) => page[at] !== 0);
  const at = used.length === 0 ? random.below(PAGE) : random.pick(used);
  const bit = 1 << random.below(8);
  const change = ([byte = 0]: Uint8Array) => [byte ^ bit];
  return { what: `bit ${bit} of byte ${at} flipped`, part: { at, length: 1 }, change };
}

function rewrite(path: string, { at, length }: Part, change: Change["change"]): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const bytes = new Uint8Array(length);
  file.seekSync(at, Deno.SeekMode.Start);
  file.readSync(bytes);
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(Uint8Array.from(change(bytes)));
}
