/** Every way in which a holder can lose its job. */
import type { Store } from "../../queue/store.ts";
import { add, at, claimOne, crash, NOW, reap, settlement, settleOne } from "./stage.ts";
import type { Claimed } from "../../queue/store.ts";

/** Each entry takes the job of `held` from its holder. */
export const LOSSES: Record<string, (store: Store, held: Claimed) => Promise<unknown>> = {
  "it was reaped": (store) => reap(store, { death: { crashLimit: null } }),
  "it was reaped with a charge": (store) => reap(store),
  "it was reaped and claimed again": async (store) => {
    await reap(store, { death: { crashLimit: null } });
    await claimOne(store, "c2");
  },
  "it was canceled": (store, { id }) => at(NOW + 5, store).move("cancel", [id]),
  "it was canceled, resubmitted and claimed again": async (store, { id }) => {
    await at(NOW + 5, store).move("cancel", [id]);
    await at(NOW + 6, store).move("resubmit", [id]);
    await claimOne(store, "c2", NOW + 7);
  },
  "it was canceled and started afresh": async (store, { id }) => {
    await at(NOW + 5, store).move("cancel", [id]);
    await add(store, id, { replace: true });
  },
  "it was canceled, started afresh and claimed again": async (store, { id }) => {
    await at(NOW + 5, store).move("cancel", [id]);
    await add(store, id, { replace: true });
    await claimOne(store, "c2");
  },
  "it was released": (store, held) => settleOne(store, settlement("release", held)),
  "it was released and claimed again": async (store, held) => {
    await settleOne(store, settlement("release", held));
    await claimOne(store, "c2");
  },
  "its worker crashed": crash,
  "it is complete": (store, held) => settleOne(store, settlement("complete", held)),
  "it has failed": (store, held) => settleOne(store, settlement("fail", held)),
  "it is exhausted": (store, held) => settleOne(store, settlement("exhaust", held)),
};
