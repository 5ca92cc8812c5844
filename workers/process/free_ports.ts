/**
 * A port of 0 stands for any free one. It is chosen before the supervisor starts, because permissions, the names of
 * cookies and the links between the pages need its number.
 */
import { messageOf } from "@persistent-queue/queue";
import { ConfigurationError, type SettingName, type Settings } from "../config.ts";

type Addresses = Pick<Settings, "bindAddress" | "host" | "managerPort" | "opsPort">;

/** The settings that were 0, with the numbers in their place. @throws {ConfigurationError} if there are none */
export function freePorts({ bindAddress, host, managerPort, opsPort }: Addresses): Record<string, string> {
  const ports = { MANAGER_PORT: managerPort, OPS_PORT: opsPort } satisfies Partial<
    Record<SettingName, number>
  >;
  const chosen = Object.entries(ports).filter(([, port]) => port === 0).map(([name]) => name);
  if (chosen.length === 0) return {};
  // Listeners on all of them are open at once, so that no two get the same number.
  using held = new DisposableStack();
  for (const port of [managerPort, opsPort]) if (port !== 0) hold(held, bindAddress, port);
  try {
    return Object.fromEntries(chosen.map((name) => {
      const listener = held.use(Deno.listen({ hostname: bindAddress, port: 0 }));
      return [name, String(listener.addr.port)];
    }));
  } catch (error) {
    throw new ConfigurationError([
      `Cannot listen on ${bindAddress}: check HOST, which is ${host} (${messageOf(error)})`,
    ]);
  }
}

/** If another program has it, it is not free either, and the server that needs it reports that. */
function hold(held: DisposableStack, hostname: string, port: number): void {
  try {
    held.use(Deno.listen({ hostname, port }));
  } catch {
    // It is in use.
  }
}
