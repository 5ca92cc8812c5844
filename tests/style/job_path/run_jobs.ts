/** A whole system that completes this many plain jobs, one after the other. `run_jobs.ts <number of jobs>` */
import {
  type HostedThread,
  HostedThreads,
  type ThreadOptions,
} from "../../../workers/slots/hosted_threads.ts";
import { testSystem } from "../../support/system/test_system.ts";

/** Nothing timed happens as often as a job. */
const QUIET = { CONSUMERS: "1", HEARTBEAT_MS: "60000", SWEEP_MS: "60000", STALL_MS: "200000" };

/** How far a spare thread has come when the system stops varies. */
class NoSpareThreads extends HostedThreads {
  override start(options: ThreadOptions): HostedThread {
    return super.start({ ...options, keepsSpare: false });
  }
}

await using system = await testSystem(QUIET, { threads: new NoSpareThreads() });
for (let n = 0; n < Number(Deno.args[0]); n++) {
  const { promise: isCompleted, resolve } = Promise.withResolvers<void>();
  const unsubscribe = system.queue.subscribe(({ type }) => type === "completed" && resolve());
  await system.queue.add([{ id: `job ${n}`, kind: "noop", payload: null }]);
  await isCompleted;
  unsubscribe();
}
