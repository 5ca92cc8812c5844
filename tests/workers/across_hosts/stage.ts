/** Three hosts on one queue, each in its own process, as a person starts it. */
import { handlerFolder } from "../../support/processes/handler_folder.ts";
import { type RunningSystem, runSystem } from "../../support/processes/running_system.ts";
import { severalHosts } from "../../support/processes/several_hosts.ts";
import type { KindOfServer } from "../../support/servers/shared_servers.ts";

/** Long enough for a consumer to be shown as silent before it is replaced. No job waits for a sweep. */
const TIMINGS = { HEARTBEAT_MS: "250", SWEEP_MS: "500", STALL_MS: "2500", CONSUMERS: "1" };

export interface Stage extends AsyncDisposable {
  /** The name of the server. */
  readonly name: string;
  readonly url: string;
  /** Has only the sample handler. */
  readonly asked: RunningSystem;
  /** Has all handlers; a third host has only the clocked one. */
  readonly other: RunningSystem;
  /** Starts the other host again after it has stopped. */
  startAgain(): Promise<RunningSystem>;
}

/** `handlers`: the text of each, by kind. */
export async function openStage(
  { name, start }: KindOfServer,
  handlers: Readonly<Record<"clocked", string> & Record<string, string>>,
): Promise<Stage> {
  await using made = new AsyncDisposableStack();
  const server = made.use(await start());
  const all = made.use(await handlerFolder(handlers));
  const clocked = made.use(await handlerFolder({ clocked: handlers.clocked }));
  const ofAsked = { ...TIMINGS, QUEUE_URL: server.url() };
  const ofOther = { ...ofAsked, HANDLERS_DIR: all.path };
  const ofThird = { ...ofAsked, HANDLERS_DIR: clocked.path };
  const hosts = made.use(await severalHosts({ asked: ofAsked, other: ofOther, third: ofThird }));
  const kept = made.move();
  return {
    ...{ name, url: server.url(), asked: hosts.each.asked, other: hosts.each.other },
    startAgain: () => runSystem({ command: "supervise", env: ofOther }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

interface ShownConsumer {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
}

/** The consumers of all hosts, as this host shows them. */
export async function consumersOf(system: RunningSystem): Promise<readonly ShownConsumer[]> {
  return (await (await system.api("stats")).json()).consumers;
}
