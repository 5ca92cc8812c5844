/** What one host is asked for, and another one can do: each of them a process of its own, as a person starts it. */
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { severalHosts } from "../support/processes/several_hosts.ts";
import { onAllServers } from "../support/servers/on_all_servers.ts";
import { faultsReachTheOther, HELD_ONCE } from "./across_hosts/faults.ts";
import { jobsWaitForTheKnowing, MAIL } from "./across_hosts/kinds.ts";

/** Long enough for a consumer to be shown as silent before it is replaced. */
const TIMINGS = { HEARTBEAT_MS: "100", SWEEP_MS: "300", STALL_MS: "2500", CONSUMERS: "1" };

onAllServers(
  "a hang, a crash and a job of a kind that only another host knows reach that host, and while it is down the job waits",
  async (server) => {
    await using handlers = await handlerFolder({ held_once: HELD_ONCE, mail: MAIL });
    const env = { ...TIMINGS, QUEUE_URL: server.url() };
    const ofOther = { ...env, HANDLERS_DIR: handlers.path };
    await using hosts = await severalHosts({ asked: env, other: ofOther });
    await faultsReachTheOther(hosts.each);
    const startAgain = () => runSystem({ command: "supervise", env: ofOther });
    await jobsWaitForTheKnowing(hosts.each, { url: server.url(), startAgain });
  },
);
