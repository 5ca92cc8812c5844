/** Events on the page of Ops: from the handler that failed to the line and its link. */
import assert from "node:assert/strict";
import { testSystem } from "../support/system/test_system.ts";
import { OPEN_OPS, openPages } from "./open_pages.ts";

/** The page of Ops after these jobs were given up by their handler. */
async function opsAfterGivingUp(...ids: string[]): Promise<string> {
  await using system = await testSystem({ CONSUMERS: "1", STALL_MS: "60000" }); // a slow machine is no event
  await system.queue.add(ids.map((id) => ({ id, kind: "say", payload: { how: "give-up", text: "a: b" } })));
  for (const id of ids) await system.until(id, ({ status }) => status === "FAILED");
  await using pages = await openPages({ ...OPEN_OPS, port: 9002, otherPort: 9001 });
  pages.view = { ...system.supervisor.view(), warnings: [] };
  return await (await pages.askOps("/", { authority: "localhost:9002" })).text();
}

function linesOf(page: string): string[] {
  const [, events = ""] = page.split('id="events-title"');
  return events.split("<li ").slice(1).map((line) => line.replace(/data-props[^]*$/, ""));
}

function hrefsOf(page: string): string[] {
  return linesOf(page).map((line) => /href="([^"]*)"/.exec(line)?.[1] ?? "no link");
}

const linkTo = (id: string) => `http://localhost:9001/job?${new URLSearchParams({ id })}`;

Deno.test('a job whose id holds ": " is shown and linked among the events as itself, not as what stands before it', async () => {
  const page = await opsAfterGivingUp("mail: x");
  assert.deepEqual(hrefsOf(page), [linkTo("mail: x")]);
  assert.match(linesOf(page).join(), /<bdi class="mono">mail: x<\/bdi>/);
});

Deno.test("jobs whose ids begin alike have a line each among the events", async () => {
  const ids = ["mail", "mail: x", "mail: x: y", "mail (of all)", "Gave up on mail: x"];
  const page = await opsAfterGivingUp(...ids);
  assert.deepEqual(hrefsOf(page).sort(), ids.map(linkTo).sort());
});

Deno.test("an event leads to its job even if the id has 2,000 characters", async () => {
  const id = `${"long ".repeat(398)}: end`.padEnd(2000, "x");
  assert.deepEqual(hrefsOf(await opsAfterGivingUp(id)), [linkTo(id)]);
});
