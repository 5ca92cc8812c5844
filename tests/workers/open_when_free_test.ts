import assert from "node:assert/strict";
import { sleep, StorageError } from "@persistent-queue/queue";
import { openWhenFree } from "@persistent-queue/workers";

const WHERE = "Manager http://a";

/** What is reported, in order, if the storage opens at the third try. */
async function told(error: StorageError, { isRestart }: { isRestart: boolean }): Promise<string[]> {
  let tries = 0;
  return await toldBy(() => ++tries < 3 ? Promise.reject(error) : Promise.resolve("open"), { isRestart });
}

async function toldBy(
  open: Parameters<typeof openWhenFree<string>>[0],
  { isRestart }: { isRestart: boolean },
): Promise<string[]> {
  const lines: string[] = [];
  const { error: print } = console;
  console.error = (line) => lines.push(line);
  try {
    await openWhenFree(open, {
      log: { warn: () => {} },
      onWait: async (why) => {
        await sleep(20);
        lines.push(`pages: ${why}`);
        return WHERE;
      },
      isRestart,
    });
  } finally {
    console.error = print;
  }
  return lines;
}

Deno.test("a start that waits says so once, after its pages are up, and says where they are", async () => {
  const away = new StorageError("It is away (at a place).", { passing: true, publicMessage: "It is away." });
  const lines = await told(away, { isRestart: false });
  const [page, line] = ["pages: It is away.", "It is away (at a place). The start waits for that."];
  assert.deepEqual(lines, [page, line, WHERE, page]);
});

Deno.test("a refused login ends the first start, but a restart waits for it to be accepted", async () => {
  const refused = new StorageError("No entry.", { refused: true });
  await assert.rejects(told(refused, { isRestart: false }), refused);
  assert.equal((await told(refused, { isRestart: true })).at(1), "No entry. The start waits for that.");
});

Deno.test("a start that takes long to open the queue already serves its pages, which say so", async () => {
  const lines = await toldBy(() => sleep(2_500).then(() => "open"), { isRestart: false });
  const slow = "The queue takes a long time to open, as when a large one is upgraded.";
  assert.deepEqual(lines, [`pages: ${slow}`, `${slow} The start waits for that.`, WHERE]);
});

Deno.test("a start that finds another supervisor says so at once, instead of that the queue is slow and where its pages are", async () => {
  const open = async (onHeld: (why: string) => void) => {
    onHeld("Another one works on it.");
    await sleep(2_500);
    return "open";
  };
  const held = "Another one works on it. The start waits a few seconds for that one to end.";
  assert.deepEqual(await toldBy(open, { isRestart: false }), [held]);
});

Deno.test("a start that holds running hosts up with each try leaves them as much time between two as it says", async () => {
  const at: number[] = [];
  const busy = new StorageError("A dump is in the way.", { passing: true, pauseMs: 1_500 });
  const open = () => at.push(performance.now()) < 2 ? Promise.reject(busy) : Promise.resolve("open");
  await toldBy(open, { isRestart: false });
  const [first = 0, second = 0] = at;
  assert.ok(second - first >= 1_490, `${second - first} ms`);
});

Deno.test("a damaged storage ends every start", async () => {
  const damaged = new StorageError("It is damaged.");
  for (const isRestart of [false, true]) await assert.rejects(told(damaged, { isRestart }), damaged);
});
