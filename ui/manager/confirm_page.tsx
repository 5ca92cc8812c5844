/** Asks for confirmation before moving more jobs than the page shows, and before crashing or hanging a consumer. */
import { type Fault, MOVES, type OperatorVerb, type Status } from "@persistent-queue/queue";
import { consumersOnWire, type WireConsumer } from "../api/hosts.ts";
import { assertGivenOnce, jobFilter } from "../api/input.ts";
import type { PageDeps } from "../page_deps.ts";
import { IdInText, StatusBadge } from "../components/job_label.tsx";
import { requireFaultInjection } from "../auth/audit.ts";
import { type PageContext, readVerb } from "./actions.ts";
import { countMatching, matchingInWords, movable } from "./bulk_actions.ts";
import { describeQuery, jobPath, listPath, type ListQuery, readQuery } from "./list_query.ts";

/** @throws {HttpError} 400 for an action or a status that does not exist */
export async function confirmation(c: PageContext, { queue, now }: PageDeps) {
  const verb = readVerb(c.req.query("verb"));
  const fields = new URL(c.req.url).searchParams;
  assertGivenOnce(fields);
  const query = { ...readQuery(fields), stalled: false, cursor: "", limit: "" };
  const filter = jobFilter(query, now());
  const statuses = movable(verb, filter);
  const matching = statuses.length === 0 ? { n: 0, isAll: true } : await countMatching(queue, verb, filter);
  return (
    <ConfirmPage
      verb={verb}
      query={query}
      what={`all ${describeQuery(query, inWords(statuses.length === 0 ? [query.status] : statuses))}`}
      mayRun={statuses.includes(MOVES.claim.to)}
      becomes={MOVES[verb].to}
      count={matching.isAll && matching.n === 0 ? null : matchingInWords(matching)}
    />
  );
}

/** `FAILED, UNPROCESSABLE and CANCELED`. */
function inWords(statuses: readonly string[]): string {
  return new Intl.ListFormat("en-GB", { type: "conjunction" }).format(statuses);
}

interface ConfirmPageProps {
  readonly verb: OperatorVerb;
  readonly query: ListQuery;
  /** `all FAILED jobs of kind mail`. */
  readonly what: string;
  /** Whether some of them may be running. */
  readonly mayRun: boolean;
  /** Their status afterwards. */
  readonly becomes: Status;
  /** `3,000 jobs`; null: there are none. */
  readonly count: string | null;
}

const MOVE_NAMES = { resubmit: "Resubmit", cancel: "Cancel" } as const satisfies Record<OperatorVerb, string>;

function ConfirmPage({ verb, query, what, mayRun, becomes, count }: ConfirmPageProps) {
  const back = <a class="button" href={listPath(query)}>Back</a>;
  return (
    <div class="narrow stack">
      <h1>{count === null ? "Nothing to do" : `${MOVE_NAMES[verb]} ${count}?`}</h1>
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
                {MOVE_NAMES[verb]} {count}
              </button>
              {back}
            </form>
          )}
      </div>
    </div>
  );
}

const FAULT_NAMES = { crash: "Crash", hang: "Hang" } as const satisfies Record<Fault, string>;

const EFFECTS = {
  crash: "Its thread ends at once, and another takes its place.",
  hang: "Its thread stops responding. When its heartbeat is overdue, another takes its place.",
} as const satisfies Record<Fault, string>;

/** @throws {HttpError} 403 if faults are switched off */
export function faultConfirmation(deps: PageDeps, fault: Fault, id: string) {
  requireFaultInjection(deps, id);
  const { queue, system } = deps;
  const consumer = consumersOnWire(system.view(), queue).find((one) => one.id === id && id !== "");
  return <FaultPage fault={fault} consumer={consumer ?? null} areSeveralHosts={queue.hosts.length > 0} />;
}

interface FaultPageProps {
  readonly fault: Fault;
  /** Null: the consumer no longer exists. */
  readonly consumer: WireConsumer | null;
  readonly areSeveralHosts: boolean;
}

function FaultPage({ fault, consumer, areSeveralHosts }: FaultPageProps) {
  const back = <a class="button" href="/consumers">Back</a>;
  if (consumer === null) {
    return (
      <div class="narrow stack">
        <h1>This consumer is gone</h1>
        <div class="panel panel-body stack">
          <p>Another has taken its place meanwhile.</p>
          <div class="row">{back}</div>
        </div>
      </div>
    );
  }
  const { host, slot, job_id } = consumer;
  const name = `${FAULT_NAMES[fault]} consumer ${slot}${areSeveralHosts ? ` of ${host}` : ""}`;
  return (
    <div class="narrow stack">
      <h1>{name}?</h1>
      <div class="panel panel-body stack">
        <p>{EFFECTS[fault]}</p>
        {job_id !== null && <JobAtRisk id={job_id} />}
        <form method="post" action={`/consumers/${fault}`} class="row" data-plain>
          <input type="hidden" name="id" value={consumer.id} />
          <button type="submit" class="danger">{name}</button>
          {back}
        </form>
      </div>
    </div>
  );
}

function JobAtRisk({ id }: { readonly id: string }) {
  return (
    <p>
      It is working on{" "}
      <a href={jobPath(id)}>
        <IdInText id={id} />
      </a>. This job goes back to the queue, is charged with the failure of its consumer, and becomes
      UNPROCESSABLE if that happens too often.
    </p>
  );
}
