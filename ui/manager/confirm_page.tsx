import type { OperatorVerb, Status } from "@persistent-queue/queue";
import { StatusBadge } from "../components/status_badge.tsx";
import { listPath, type ListQuery } from "./list_query.ts";

export interface ConfirmPageProps {
  readonly verb: OperatorVerb;
  readonly query: ListQuery;
  /** `all FAILED jobs of kind mail`. */
  readonly what: string;
  /** Whether some of them may be running. */
  readonly mayRun: boolean;
  /** What they are afterwards. */
  readonly becomes: Status;
  /** `3,000 jobs`; null: there is none. */
  readonly count: string | null;
}

const WORDS = { resubmit: "Resubmit", cancel: "Cancel" } as const satisfies Record<OperatorVerb, string>;

export function ConfirmPage({ verb, query, what, mayRun, becomes, count }: ConfirmPageProps) {
  const back = <a class="button" href={listPath(query)}>Back</a>;
  return (
    <div class="narrow stack">
      <h1>{count === null ? "Nothing to do" : `${WORDS[verb]} ${count}?`}</h1>
      <div class="panel panel-body stack">
        {count === null ? <p>No job matches: this would be {what}.</p> : (
          <p>
            These are {what} at this moment. Each of them will be <StatusBadge status={becomes} />.{" "}
            {verb === "resubmit" && "They run again as soon as a consumer is free."}
            {verb === "cancel" && mayRun && "Running ones are told to stop. "}
            {verb === "cancel" && "Canceled jobs can be resubmitted."}
          </p>
        )}
        {count === null
          ? <div class="row">{back}</div>
          : (
            <form method="post" action="/all" class="row" data-plain>
              <input type="hidden" name="verb" value={verb} />
              <input type="hidden" name="status" value={query.status} />
              <input type="hidden" name="kind" value={query.kind} />
              <input type="hidden" name="q" value={query.q} />
              <input type="hidden" name="due" value={query.due} />
              <input type="hidden" name="changed_since" value={query.changed_since} />
              <button type="submit" class={verb === "cancel" ? "danger" : "primary"}>
                {WORDS[verb]} {count}
              </button>
              {back}
            </form>
          )}
      </div>
    </div>
  );
}
