/** Tests generated from the table of moves: a move in it happens, a move not in it changes nothing. */
import assert from "node:assert/strict";
import { isLegal, MOVES, STATUSES, type Verb } from "../../queue/job.ts";
import { at, attempt, bring, jobOf } from "./stage.ts";
import type { Case } from "./suite.ts";

/** Every waiting job is due by then. */
const MUCH_LATER = Date.UTC(2027, 0, 1);

const ENDINGS: readonly Verb[] = ["complete", "exhaust", "fail"];

export function moveTableCases(test: Case, verbs: readonly Verb[]): void {
  for (const verb of verbs) {
    for (const status of STATUSES) {
      if (isLegal(verb, status)) {
        test(`${verb} moves a ${status} job to ${MOVES[verb].to}`, async ({ store }) => {
          const job = await bring(store, "a", status);
          assert.equal(await attempt(store, verb, job), true);
          assert.equal((await jobOf(store, "a")).status, MOVES[verb].to);
        });
      } else {
        test(`${verb} of a ${status} job changes nothing`, async ({ store }) => {
          const job = await bring(store, "a", status);
          const before = [
            await store.get("a"),
            await at(MUCH_LATER, store).stats({ silentForMs: MUCH_LATER }),
          ];
          // The same ending again: the answer of the first call may have been lost.
          const isRepeat = ENDINGS.includes(verb) && MOVES[verb].to === status;
          assert.equal(await attempt(store, verb, job), isRepeat);
          assert.deepEqual(
            [await store.get("a"), await at(MUCH_LATER, store).stats({ silentForMs: MUCH_LATER })],
            before,
          );
        });
      }
    }
  }
}
