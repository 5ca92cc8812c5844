/**
 * Fault I: a job takes all the memory there is, and the whole process dies with it, again and again. Its guard starts it
 * anew each time; at the fourth death at the latest the job is found out, and its neighbours complete.
 */
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/problems_at.ts";
import type { Random } from "../support/random.ts";
import { runGuarded } from "../support/run_guarded.ts";
import { type Expect, violationsOf } from "../support/violations.ts";
import type { Fault } from "./fault.ts";

/** With this little memory it takes no time to run out of it. */
const V8_FLAGS = "--max-old-space-size=64";
/** On its way there its thread falls silent, which would be a story of its own. */
const STALL_MS = "20000";
const CRASH_LIMIT = 3;
const WITHIN_MS = 60_000;

export const outOfMemory: Fault = {
  letter: "I",
  title: "a job takes all memory, and the process dies of it",
  tries: { each: 2, long: 20 },
  async *attempts(random) {
    for (;;) {
      // Side by side: they wait for their guards most of the time.
      const both = [true, false].map((isAlone) => violationsOf((expect) => poison(random, isAlone, expect)));
      try {
        for (const violations of both) yield await violations;
      } finally {
        await Promise.all(both);
      }
    }
  },
};

async function poison(random: Random, isAlone: boolean, expect: Expect): Promise<void> {
  await using system = await runGuarded({ v8Flags: V8_FLAGS, env: { STALL_MS } });
  const { queue, url, deaths, lives } = system;
  // Two are under way at each of the first deaths; the others come after.
  const companions = ["companion 1", "companion 2"].map((id) => ({
    id,
    kind: "hold",
    payload: 3,
    priority: 1,
  }));
  const others = Array.from(
    { length: 20 + random.below(20) },
    (_, i) => ({ id: `other ${i}`, kind: "noop" }),
  );
  const neighbours = isAlone ? [] : [...companions, ...others];
  await queue.add([{ id: "poison", kind: "hoard" }, ...neighbours]);
  await eventually("everything is done", async () => {
    const { counts } = await queue.stats();
    return counts.PENDING + counts.PROCESSING === 0;
  }, { withinMs: WITHIN_MS });

  const { job, history } = await queue.get("poison");
  const killed = history.filter(({ event }) => event === "crashed").length;
  console.log(`${isAlone ? "alone" : "among others"}: found out at death ${killed}`);
  await eventually("it works again", () => lives() > deaths.length);
  expect(job.status === "UNPROCESSABLE" && job.retries === 0, `it is ${job.status}, ${job.retries} retries`);
  expect(job.crashes === CRASH_LIMIT, `it is charged ${job.crashes} deaths`);
  // In company nobody knows at first who did it.
  expect(killed === (isAlone ? CRASH_LIMIT : CRASH_LIMIT + 1), `it killed ${killed} processes`);
  expect(deaths.length === killed && lives() === killed + 1, `${deaths.length} deaths, ${lives()} lives`);
  expect(deaths.every((death) => / (with exit code 133|by SIGTRAP);/.test(death)), deaths.join());
  for (const { id } of neighbours) {
    const { job: { status, crashes } } = await queue.get(id);
    expect(status === "COMPLETED" && crashes <= 1, `${id} is ${status}, ${crashes} crashes`);
  }
  const problems = await problemsAt(url, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}
