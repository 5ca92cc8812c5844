import assert from "node:assert/strict";
import type { Capabilities } from "../../queue/capabilities.ts";
import type { Case } from "./suite.ts";

/** What the adapter skips, the store must refuse with a reason; it must support everything else. */
export function capabilitiesCases(test: Case, skip: Partial<Record<keyof Capabilities, string>>): void {
  for (const name of ["backup", "deepCheck", "hosts", "facts"] as const) {
    const isSkipped = skip[name] !== undefined;
    test(`has ${isSkipped ? "no " : ""}${name}${isSkipped ? ", and says why" : ""}`, ({ store }) => {
      const capability = store.capabilities[name];
      if (isSkipped) assert.match("reason" in capability ? capability.reason : "", /^[A-Z].*\.$/);
      else assert.ok(!("reason" in capability));
      return Promise.resolve();
    });
  }
}
