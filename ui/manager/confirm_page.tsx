import type { OperatorVerb } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { listPath, type ListQuery } from "./list_query.ts";

export interface ConfirmPageProps {
  readonly verb: OperatorVerb;
  readonly query: ListQuery;
  /** How many there are, where that is known. */
  readonly matching: number | null;
}

const WORDS = {
  resubmit: { title: "Resubmit all that match?", button: "Resubmit all" },
  cancel: { title: "Cancel all that match?", button: "Cancel all" },
} as const;

/** Asks before something is done to more jobs than anybody sees. */
export function ConfirmPage({ verb, query, matching }: ConfirmPageProps) {
  const { title, button } = WORDS[verb];
  const conditions = [
    ["Status", query.status === "" ? "any that allows it" : query.status],
    ["Kind", query.kind === "" ? "any" : query.kind],
    ["Part of the id", query.q === "" ? "any" : query.q],
  ] as const;
  return (
    <div class="narrow stack">
      <h1>{title}</h1>
      {matching !== null && <p class="big-number">{count(matching)} {matching === 1 ? "job" : "jobs"} now</p>}
      <dl class="facts panel">
        {conditions.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <form method="post" action="/all" class="row" data-plain>
        <input type="hidden" name="verb" value={verb} />
        <input type="hidden" name="status" value={query.status} />
        <input type="hidden" name="kind" value={query.kind} />
        <input type="hidden" name="q" value={query.q} />
        <button type="submit" class={verb === "cancel" ? "danger" : "primary"}>{button}</button>
        <a class="button" href={listPath(query)}>Back</a>
      </form>
    </div>
  );
}
