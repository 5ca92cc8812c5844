/** Does what a supervisor does, and then what it must not do; run with the supervisor's permissions. */
import { getQueue } from "@persistent-queue/queue";
import { parseSources } from "../../workers/config/load_settings.ts";
import { readSettings } from "../../workers/config.ts";
import { openLog } from "../../workers/log.ts";

const settings = readSettings(parseSources(Deno.args[0] ?? ""));
const queue = await getQueue(settings.queueUrl, { role: "owner" });
await queue.add([{ id: `${settings.filesDir}/abc.txt` }]);
await queue.close();

const log = openLog({ dir: settings.logDir, name: "jobqueue", level: settings.logLevel });
log.info("Enqueued job_id: data/files/abc.txt");
log.close();

Deno.mkdirSync(settings.filesDir, { recursive: true });
Deno.writeTextFileSync(`${settings.filesDir}/abc.txt`, "content");
for (const port of [settings.managerPort, settings.opsPort]) {
  const server = Deno.serve({ hostname: settings.host, port, onListen() {} }, () => new Response("ok"));
  await server.shutdown();
}

const forbidden: Record<string, () => unknown> = {
  "read elsewhere": () => Deno.readTextFileSync("/etc/hostname"),
  "write beside the folders": () => Deno.writeTextFileSync("elsewhere.txt", ""),
  "read its own settings": () => Deno.readTextFileSync(".env"),
  "read a setting": () => Deno.env.get("MANAGER_PASSWORD"),
  "write its own settings": () => Deno.writeTextFileSync(".env", ""),
  "read a stranger's variable": () => Deno.env.get("HOME"),
  "run a program": () => new Deno.Command("true").spawn(),
  "listen elsewhere": () => Deno.listen({ hostname: "127.0.0.1", port: 1 }),
  "know the host": () => Deno.hostname(),
};
const done = Object.entries(forbidden).filter(([, act]) => {
  try {
    act();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotCapable);
  }
});
console.log(JSON.stringify({ consumers: settings.consumers, tooMuch: done.map(([name]) => name) }));
