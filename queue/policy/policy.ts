/** Decides what the end of an attempt means for the job: retry, give up, release or charge. Pure functions only. */
import { chargeOf } from "./deaths.ts";
import type { Ending, Outcome } from "../ending.ts";
import type { Claimed } from "../store.ts";

export interface Policy {
  /** The wait after each failed attempt, in milliseconds. There are as many retries as delays. */
  readonly retryDelaysMs: readonly number[];
  /** A job that has taken down its worker this often becomes UNPROCESSABLE. */
  readonly crashLimit: number;
}

export function decide(job: Claimed, outcome: Outcome, policy: Policy): Ending {
  const ending = endingOf(job, outcome, policy);
  const report = "report" in outcome ? outcome.report : undefined;
  return report === undefined ? ending : { ...ending, report };
}

function endingOf(job: Claimed, outcome: Outcome, policy: Policy): Ending {
  const { retries } = job;
  switch (outcome.type) {
    case "returned":
      return { verb: "complete", result: outcome.result };
    case "threw":
      return retryOr("exhaust", job, { error: outcome.error, policy });
    case "timed-out":
      return retryOr("fail", job, { error: outcome.error, policy });
    case "gave-up":
      return { verb: "fail", retries, error: outcome.error };
    case "retry-later":
      return {
        verb: "retry",
        event: "postponed",
        retries,
        delayMs: Math.ceil(outcome.delayMs),
        detail: outcome.error,
        // A postponed job has not failed, and one that is postponed again and again must not fill its history.
        error: null,
        replacesLine: true,
      };
    case "handed-back":
      return { verb: "release", event: null, detail: null, charge: null };
    case "stopped":
      return { verb: "release", event: "released", detail: outcome.detail, charge: null };
    case "stalled":
    case "crashed":
      return {
        verb: "release",
        event: outcome.type,
        detail: outcome.detail,
        charge: outcome.guilty
          ? chargeOf(job, { crashLimit: policy.crashLimit, detail: outcome.detail })
          : null,
      };
  }
}

function retryOr(
  otherwise: "exhaust" | "fail",
  job: Claimed,
  { error, policy }: { readonly error: string; readonly policy: Policy },
): Ending {
  const delayMs = policy.retryDelaysMs[job.retries];
  if (delayMs === undefined) return { verb: otherwise, retries: job.retries, error };
  const retries = job.retries + 1;
  return { verb: "retry", event: "retried", retries, delayMs, detail: error, error, replacesLine: false };
}
