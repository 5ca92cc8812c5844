import assert from "node:assert/strict";
import { storiesOf } from "../../ui/ops/event_stories.ts";

/** Newest first, as the system lists them. */
function linesOf(...texts: string[]): string[] {
  const events = texts.map((text, i) => ({ at: 1000 - i, level: "warning" as const, text }));
  return storiesOf(events).map(({ jobId, text, earlier }) => `${jobId} | ${text} | ${earlier}`);
}

Deno.test("a job that is given up is one line, not seven", () => {
  assert.deepEqual(
    linesOf(
      "Marked job_id failed: data/files/a.txt",
      "Max retries reached, marked failed",
      "Last attempt failed for data/files/a.txt: The file does not exist",
      "Attempt 3/3 failed for data/files/a.txt: The file does not exist. Retrying in 4s",
      "Attempt 2/3 failed for data/files/a.txt: The file does not exist. Retrying in 2s",
      "Attempt 1/3 failed for data/files/a.txt: The file does not exist. Retrying in 1s",
    ),
    ["data/files/a.txt | given up, every attempt failed: The file does not exist | 3"],
  );
});

Deno.test("jobs that fail at the same time keep their own lines", () => {
  assert.deepEqual(
    linesOf(
      "Marked job_id failed: b",
      "Max retries reached, marked failed",
      "Last attempt failed for b: broken",
      "Attempt 3/3 failed for a: broken. Retrying in 4s",
      "Restarted consumer 5827871d: it stopped answering",
      "Attempt 2/3 failed for b: broken. Retrying in 2s",
    ),
    [
      "b | given up, every attempt failed: broken | 1",
      "a | attempt 3/3 failed: broken. Retrying in 4s | 0",
      "null | Restarted consumer 5827871d: it stopped answering | 0",
    ],
  );
});

Deno.test("every line that tells of a job is told in short, and an unknown one as it is", () => {
  assert.deepEqual(
    linesOf(
      "Gave up on c: nobody to write to",
      "Crash limit reached for d: thread ended",
      "Returned job_id: e (its consumer ended)",
      "Took job_id: f from consumer 5827871d, now PENDING",
      "Dropped a late result for g of consumer 5827871d: its lease was lost",
      "Canceled job_id: h",
      "Resubmitted job_id: i (of all)",
      "Something new",
    ),
    [
      "c | given up by its handler: nobody to write to | 0",
      "d | given up, too many crashes: thread ended | 0",
      "e | requeued: its consumer ended | 0",
      "f | taken from its consumer, now PENDING | 0",
      "g | late result dropped | 0",
      "h | canceled | 0",
      "i (of all) | resubmitted | 0",
      "null | Something new | 0",
    ],
  );
});

Deno.test("an error of thousands of letters is one short line among the events", () => {
  const text = `Last attempt failed for a: ${"very long ".repeat(400)}`;
  const [story] = storiesOf([{ at: 1, level: "error", text }]);
  assert.ok(story !== undefined && story.text.length < 320, String(story?.text.length));
});
