import assert from "node:assert/strict";
import type { Capabilities } from "../../queue/store.ts";
import type { Case } from "./suite.ts";

/** What the adapter skips, the store must refuse with a reason; all else it must be able to do. */
export function capabilitiesCases(test: Case, skip: Partial<Record<keyof Capabilities, string>>): void {
  for (const name of ["backup", "deepCheck"] as const) {
    const isSkipped = skip[name] !== undefined;
    test(isSkipped ? `has no ${name}, and says why` : `has a ${name}`, ({ store }) => {
      const capability = store.capabilities[name];
      if (isSkipped) assert.match("reason" in capability ? capability.reason : "", /^[A-Z].*\.$/);
      else assert.equal(typeof capability, "function");
      return Promise.resolve();
    });
  }
}
