/** Asks before a consumer is made to crash or to hang. */
import type { ConsumerView } from "@persistent-queue/queue";
import { type Fault, requireFaultInjection } from "../api/fault_injection.ts";
import { IdInText } from "../components/job_id.tsx";
import type { PageDeps } from "../page_deps.ts";
import { jobPath } from "./list_query.ts";

const WORDS = { crash: "Crash", hang: "Hang" } as const satisfies Record<Fault, string>;

const EFFECTS = {
  crash: "Its thread ends at once, and another takes its place.",
  hang: "Its thread stops answering. When its heartbeat is overdue, another takes its place.",
} as const satisfies Record<Fault, string>;

/** @throws {HttpError} 403 where faults are switched off */
export function faultConfirmation({ system, faultInjection }: PageDeps, fault: Fault, id: string) {
  requireFaultInjection(faultInjection);
  const consumer = system.view().consumers.find((one) => one.id === id && id !== "");
  return <FaultPage fault={fault} consumer={consumer ?? null} />;
}

interface FaultPageProps {
  readonly fault: Fault;
  /** Null: there is no such consumer any more. */
  readonly consumer: ConsumerView | null;
}

function FaultPage({ fault, consumer }: FaultPageProps) {
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
  const name = `${WORDS[fault]} consumer ${consumer.slot}`;
  return (
    <div class="narrow stack">
      <h1>{name}?</h1>
      <div class="panel panel-body stack">
        <p>{EFFECTS[fault]}</p>
        {consumer.jobId !== null && <JobAtRisk id={consumer.jobId} />}
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
