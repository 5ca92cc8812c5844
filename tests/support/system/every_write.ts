/**
 * A scenario with every kind of write, always in the same order: jobs that complete, fail, are tried again, run slowly,
 * wait, are canceled, resubmitted, replaced; a sweep, a prune, a read from outside, a copy.
 */
import { type JobRequest, QueueError } from "@persistent-queue/queue";
import type { Ledger } from "./ledger.ts";
import type { ThreadlessSystem } from "./threadless_system.ts";

export interface WriteOptions {
  readonly ledger: Pick<Ledger, "note">;
  /** The prefix of each id, so that the scenario can be repeated on the same database. */
  readonly name: string;
  /** How large the payloads are. */
  readonly bytes?: number;
  /** Called with everything that was refused. */
  readonly onRefused?: (what: string, error: QueueError) => void;
}

const BREATH_MS = 3;
/** Long enough to be canceled in time, and short enough to wait for if the cancel was refused. */
const LATE_MS = 500;

/** @throws every error that is not a {@link QueueError}, because it is unexpected */
export async function writeEverything(
  system: ThreadlessSystem,
  { ledger, name, bytes = 0, onRefused = () => {} }: WriteOptions,
): Promise<void> {
  const { queue } = system;
  const words = "x".repeat(bytes);
  const job = (id: string, kind: string, more: Partial<JobRequest> = {}): JobRequest => ({
    ...{ id: `${name}-${id}`, kind, payload: words },
    ...more,
  });
  const ask = async (what: string, asked: Promise<unknown>) => {
    try {
      await asked;
      return true;
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      onRefused(what, error);
      return false;
    }
  };
  const add = async (...jobs: JobRequest[]) => {
    const isAdded = await ask("add", queue.add(jobs));
    if (isAdded) jobs.forEach(({ id }) => ledger.note(`added ${id}`));
  };

  // Several writes in one turn of the event loop.
  await Promise.all([
    add(
      job("a1", "noop"),
      job("a2", "noop", { priority: 5 }),
      job("retried", "fail", { payload: `1 ${words}` }),
    ),
    add(job("exhausted", "fail", { payload: `9 ${words}` }), job("failed", "give_up")),
  ]);
  await yieldToEventLoop();
  await add(...Array.from({ length: 6 }, (_, i) => job(`many${i}`, "noop")));
  await add(job("slow", "slow"), job("late", "noop", { runAt: Date.now() + LATE_MS }));
  await Promise.all([add(job("a3", "noop")), ask("look", queue.stats()), ask("look", queue.list({}))]);
  await yieldToEventLoop();
  await ask("cancel", queue.move("cancel", [`${name}-late`, `${name}-failed`], "a test"));
  await ask("resubmit", queue.move("resubmit", [`${name}-late`, `${name}-failed`], "a test"));
  await ask("look", queue.get(`${name}-late`));
  ledger.note(`replacing ${name}-a1`);
  await add(job("a1", "noop", { replace: true }));
  await yieldToEventLoop();
  await ask("sweep", queue.sweep({ held: system.leases, freed: 0 }));
  await ask("prune", queue.prune());
  await ask("probe", queue.probe());
  for (let i = 0; i < 3; i++) await add(...Array.from({ length: 2 }, (_, n) => job(`b${i}${n}`, "noop")));
  await yieldToEventLoop();
}

function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, BREATH_MS));
}
