/**
 * A host with a wrong clock, in its own process: `host.ts <url> <name> <ms that its clock is ahead>`. It adds jobs, some
 * of them delayed, prints `added`, works until its standard input ends, and prints what it knows about jobs.
 */
const [url = "", name = "", aheadMs = "0"] = Deno.args;

const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given: readonly unknown[]) {
    // With arguments, it is not about the present.
    super(...(given.length === 0 ? [RealDate.now() + Number(aheadMs)] : given) as [number]);
  }

  static override now(): number {
    return RealDate.now() + Number(aheadMs);
  }
} as DateConstructor;

// Imported after the clock is wrong.
const { testSystem } = await import("../../support/system/test_system.ts");

const JOBS = 20;
const DELAY_MS = 1_500;

{
  await using system = await testSystem({
    ...{ QUEUE_URL: url, HEARTBEAT_MS: "100", SWEEP_MS: "500", STALL_MS: "5000", LOG_LEVEL: "error" },
  });
  const { queue, events, fatal } = system;
  for (let n = 0; n < JOBS; n++) {
    const delayed = n % 2 === 0 ? {} : { runAt: queue.now() + DELAY_MS };
    await queue.add([{ id: `${name} ${n}`, kind: "noop", ...delayed }]);
  }
  console.log("added");
  await Deno.stdin.readable.pipeTo(new WritableStream());
  const told = events.filter(({ type }) => ["fenced", "released", "retrying", "exhausted"].includes(type));
  const swept = events.flatMap((event) => event.type === "swept" ? event.requeued : []);
  console.log(JSON.stringify([...fatal, ...told, ...swept]));
}
