/** What is requested from one host and done by another. */
import { sharedServers } from "../support/servers/shared_servers.ts";
import { faultsReachTheOther, HELD_ONCE } from "./across_hosts/faults.ts";
import { jobsWaitForTheKnowing, MAIL } from "./across_hosts/kinds.ts";
import { CLOCKED, jobsBeginAtOnce } from "./across_hosts/pickup.ts";
import { openStage, type Stage } from "./across_hosts/stage.ts";

const HANDLERS = { clocked: CLOCKED, held_once: HELD_ONCE, mail: MAIL };
const SENTENCE =
  "a job begins within 50 ms, a hang and a crash reach the other host, and a job waits while no host knows its kind";

const servers = sharedServers(SENTENCE);
if (servers.length > 0) {
  Deno.test(`${servers.map(({ name }) => name).join(" and ")}: ${SENTENCE}`, async () => {
    await using stages = new AsyncDisposableStack();
    const open = async (server: typeof servers[number]) => stages.use(await openStage(server, HANDLERS));
    const all = await Promise.all(servers.map(open));
    // One after the other, because these are measured; the others mostly wait.
    for (const stage of all) await named(stage, jobsBeginAtOnce);
    await Promise.all(all.map((stage) => named(stage, faultsReachTheOther)));
    await Promise.all(all.map((stage) => named(stage, jobsWaitForTheKnowing)));
  });
}

async function named(stage: Stage, work: (stage: Stage) => Promise<void>): Promise<void> {
  try {
    await work(stage);
  } catch (cause) {
    throw new Error(`On ${stage.name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
