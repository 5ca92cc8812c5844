/** Several hosts on one queue, which start together and end together. */
import { type RunningSystem, type RunOptions, runSystem } from "./running_system.ts";

export interface Hosts<Names extends string> extends AsyncDisposable {
  readonly each: Readonly<Record<Names, RunningSystem>>;
}

/** Supervisors without a guard, by name, with settings of their own each. */
export async function severalHosts<Names extends string>(
  hosts: Readonly<Record<Names, NonNullable<RunOptions["env"]>>>,
): Promise<Hosts<Names>> {
  const names = Object.keys(hosts) as Names[];
  const started = await Promise.allSettled(
    names.map((name) => runSystem({ command: "supervise", env: hosts[name] })),
  );
  const running = started.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const end = async () => void await Promise.all(running.map((host) => host[Symbol.asyncDispose]()));
  const failed = started.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  const each = Object.fromEntries(names.map((name, i) => [name, running[i]])) as Record<Names, RunningSystem>;
  return { each, [Symbol.asyncDispose]: end };
}
