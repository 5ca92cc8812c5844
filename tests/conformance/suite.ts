/**
 * The guarantees of every backend, as tests. An adapter opens an empty store and calls `conformance` once;
 * the files beside this one hold one verb each.
 */
import type { Capabilities } from "../../queue/capabilities.ts";
import type { Store } from "../../queue/store.ts";
import { backupCases } from "./backup.ts";
import { capabilitiesCases } from "./capabilities.ts";
import { checkCases, deepCheckCases } from "./check.ts";
import { claimCases } from "./claim.ts";
import { closeCases } from "./close.ts";
import { copyMarkCases } from "./copy_mark.ts";
import { dumpCases } from "./dump.ts";
import { factsCases } from "./facts.ts";
import { getCases } from "./get.ts";
import { hostsCases } from "./hosts.ts";
import { insertCases } from "./insert.ts";
import { listCases } from "./list.ts";
import { moveCases } from "./move.ts";
import { orphansCases } from "./orphans.ts";
import { processesCases } from "./processes.ts";
import { pruneCases } from "./prune.ts";
import { randomWalkCases } from "./random_walk.ts";
import { rejectedCases } from "./rejected.ts";
import { renewCases } from "./renew.ts";
import { settleCases } from "./settle.ts";
import { statsCases } from "./stats.ts";
import { clock } from "./stage.ts";
import { watchCases } from "./watch.ts";

export interface Opened {
  /** The store under test, empty at first. */
  readonly store: Store;
  /** Opens another handle on the same data, as another process would. Closed by `close`. */
  second(): Promise<Store>;
  /** Opens a copy that `backup` has written to `path`. Closed by `close`. */
  restored(path: string): Promise<Store>;
  /** A folder in which a test may write files. Removed by `close`. */
  readonly folder: string;
  /** Closes all open handles and removes the data. */
  close(): Promise<void>;
}

/** Declares one test: a sentence about the store, and a body that receives an empty store. */
export type Case = (sentence: string, body: (opened: Opened) => Promise<void>) => void;

const VERBS = [
  insertCases,
  claimCases,
  renewCases,
  settleCases,
  moveCases,
  orphansCases,
  processesCases,
  pruneCases,
  getCases,
  dumpCases,
  copyMarkCases,
  listCases,
  statsCases,
  watchCases,
  checkCases,
  rejectedCases,
  closeCases,
  randomWalkCases,
];

const CAPABILITIES: Record<keyof Capabilities, (test: Case) => void> = {
  backup: backupCases,
  deepCheck: deepCheckCases,
  hosts: hostsCases,
  facts: factsCases,
};

export interface Options {
  /** What the backend cannot do, with the reason. */
  readonly skip?: Partial<Record<keyof Capabilities, string>>;
}

/** Opens an empty store whose clock is the given one. */
export type Open = (clock: () => number) => Promise<Opened>;

export function conformance(name: string, open: Open, { skip = {} }: Options = {}): void {
  const test: Case = (sentence, body) =>
    Deno.test(`${name}: ${sentence}`, async () => {
      const opened = await open(() => clock.now);
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });
  for (const declareCases of VERBS) declareCases(test);
  capabilitiesCases(test, skip);
  for (const [capability, declareCases] of Object.entries(CAPABILITIES)) {
    const why = skip[capability as keyof Capabilities];
    const skipped: Case = (sentence) =>
      Deno.test({ name: `${name}: ${sentence} (skipped: ${why})`, ignore: true, fn: () => {} });
    declareCases(why === undefined ? test : skipped);
  }
}
