/** A handler that the check can load, and that ends the thread of each consumer that loads it. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { LoadingDeaths } from "../../workers/slots/loading_deaths.ts";

/** Only a consumer's thread has jobs before it: the file says which thread may load it. */
const moduleThat = (does: string) => `
  const isMended = () => Deno.readTextFileSync(new URL("_mended.txt", import.meta.url)) === "yes";
  const isConsumer = globalThis.seenByConsumer === true;
  if (isConsumer && !isMended()) { ${does} }
  export const handler = ({ payload }) => payload;`;

const WAYS = {
  hungry: "const kept = []; for (;;) kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i })));",
  silent: "for (;;);",
  failing: `setTimeout(() => { throw new Error("too early"); });
    await new Promise((resolve) => setTimeout(resolve, 5_000));`,
};

Deno.test("jobs are not charged for threads that end, or fall silent, while they load a handler, and run once it is mended", async () => {
  const modules = Object.entries(WAYS).map(([kind, does]) => [kind, moduleThat(does)]);
  const marks = "export const handler = () => void (globalThis.seenByConsumer = true);";
  await using handlers = await handlerFolder({ ...Object.fromEntries(modules), marks });
  await Deno.writeTextFile(handlers.file("_mended.txt"), "no");
  const env = { HANDLERS_DIR: handlers.path, CONSUMERS: "1", CONSUMER_MEMORY_MB: "64", STALL_MS: "1500" };
  await using system = await runSystem({ command: "supervise", env });
  await system.healthy();
  const kinds = Object.keys(WAYS);
  const warnings = async () => String((await (await system.api("stats")).json()).warnings);
  for (const kind of kinds) {
    await (await system.api("jobs", { id: `marks-${kind}`, kind: "marks" })).text();
    await system.until(`marks-${kind}`, "COMPLETED");
    await (await system.api("jobs", { id: kind, kind, payload: kind })).text();
    const words = new RegExp(`file ${kind}\\.ts cannot be loaded: .* – jobs of kind ${kind} wait`);
    await eventually(`it says that ${kind} waits`, () => system.lines.some((line) => words.test(line)), {
      withinMs: 20_000,
    });
  }
  await Deno.writeTextFile(handlers.file("_mended.txt"), "yes");
  for (const kind of kinds) {
    const { crashes, retries, result, attempts } = await system.until(kind, "COMPLETED", 20_000);
    assert.deepEqual([kind, crashes, retries, result], [kind, 0, 0, kind]);
    assert.equal((attempts as unknown[]).length, 1, "its handler was called once");
  }
  await eventually("no warning is left", async () => !/jobs of kind/.test(await warnings()));
});

Deno.test("a kind whose handler ends one consumer after the other rests for longer each time, until its file changes", () => {
  const deaths = new LoadingDeaths();
  let now = 0;
  const rests = Array.from({ length: 12 }, () => {
    const restMs = deaths.note("mail", "first", now);
    now += restMs + 1_000;
    return restMs / 1_000;
  });
  assert.deepEqual(rests, [0, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 600]);
  assert.equal(deaths.note("mail", "second", now), 0);
  assert.equal(deaths.note("other", "first", now), 0);
  assert.equal(deaths.note("mail", "second", now + 3_600_000), 0, "it was long ago");
});
