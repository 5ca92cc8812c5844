/**
 * A process to be killed: opens a real queue, recovers, adds jobs and works them off as fast as it can, and says what
 * was acknowledged to it, a line each. `ledger_child.ts <url> <life>`; life `drain` adds nothing and ends when all is done.
 */
import { type Claimed, getQueue, type Outcome, type Queue } from "@persistent-queue/queue";

const RETRY_DELAYS_MS = [1, 1, 2];

const [url = "", life = ""] = Deno.args;
const encoder = new TextEncoder();

/** Written before anything else happens, or not at all. */
function say(lines: readonly string[]): void {
  let bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

async function addForever(queue: Queue, name: string): Promise<never> {
  for (let n = 0;; n++) {
    const ids = Array.from({ length: 1 + n % 5 }, (_, i) => `${life}-${name}-${n}-${i}`);
    await queue.add(ids.map((id) => ({ id, payload: id, priority: n % 3 })));
    say(ids.map((id) => `added ${id}`));
    await breathe();
  }
}

/** Most return; some throw once, or always, or give up. */
function outcomeOf(job: Claimed): Outcome {
  const sort = job.seq % 20;
  if (sort === 1 || (sort === 2 && job.retries < 2)) return { type: "threw", error: "it broke" };
  if (sort === 3) return { type: "gave-up", error: "it is hopeless" };
  return { type: "returned", result: JSON.stringify(job.id) };
}

async function attempt(queue: Queue, job: Claimed): Promise<void> {
  await breathe();
  const [verdict] = await queue.settle([{ job, outcome: outcomeOf(job) }]);
  if (verdict?.type === "lost") {
    throw new Error(`Nobody else works here, and yet the lease of ${job.id} was lost`);
  }
  if (verdict?.type === "again") {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, verdict.runAt - Date.now())));
    return await attempt(queue, { ...job, retries: verdict.retries });
  }
  if (outcomeOf(job).type === "returned") say([`completed ${job.id}`]);
}

/** Works until nothing waits; for ever if jobs keep coming. */
async function work(queue: Queue, consumerId: string): Promise<void> {
  for (;;) {
    // One of the workers looks after suspects, one at a time.
    const suspects = consumerId === "c0"
      ? await queue.claim([{ consumerId, limit: 1, suspect: true }])
      : null;
    const plain = await queue.claim([{ consumerId, limit: 4, suspect: false }]);
    const claimed = [...suspects?.claimed ?? [], ...plain.claimed];
    await Promise.all(claimed.map((job) => attempt(queue, job)));
    if (claimed.length === 0 && life === "drain") return;
    await breathe();
  }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const queue = await getQueue(url, { role: "owner", retryDelaysMs: RETRY_DELAYS_MS });
await queue.recover();
say(["ready"]);
const adders = life === "drain" ? [] : ["x", "y"].map((name) => addForever(queue, name));
await Promise.all([...adders, ...["c0", "c1", "c2", "c3"].map((name) => work(queue, name))]);
await queue.close();
