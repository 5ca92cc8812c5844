/** Does what a supervisor does, and then what it must not do; run with the supervisor's permissions. */
import { getQueue } from "@persistent-queue/queue";
import { loadSettings } from "../../workers/config/load_settings.ts";
import { openLog } from "../../workers/log.ts";

const settings = loadSettings();
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
