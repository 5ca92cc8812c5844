import assert from "node:assert/strict";
import { type JobRequest, QueueError } from "@persistent-queue/queue";
import { testQueue } from "../support/queue/test_queue.ts";

const MIB = 2 ** 20;

/** What a caller without types may send. */
const asRequest = (request: Record<string, unknown>) => request as JobRequest;

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;

const REFUSED: Record<string, JobRequest> = {
  "an empty id": { id: "" },
  "an id of 2,001 characters": { id: "x".repeat(2_001) },
  "an id of 2,001 characters beyond the basic plane": { id: "😀".repeat(2_001) },
  "an id with a line break": { id: "a\nb" },
  "an id with a carriage return": { id: "a\r" },
  "an id with a NUL": { id: "a\0b" },
  "an id with a terminal escape": { id: "\x1b[31mred" },
  "an id with a C1 control character": { id: "a\x9bb" },
  "an id with half a surrogate pair": { id: "a\ud800b" },
  "an id that ends in the other half": { id: "\udc00" },
  "an id that no address can name: one dot": { id: ".", kind: "mail" },
  "an id that no address can name: two dots": { id: ".." },
  "an id that is a number": asRequest({ id: 7 }),
  "a payload that is a function": { id: "a", payload: () => 1 },
  "a payload that is a symbol": { id: "a", payload: Symbol("x") },
  "a payload that holds a big integer": { id: "a", payload: { n: 1n } },
  "a payload that holds itself": { id: "a", payload: cyclic },
  "a payload of 1 MiB and a byte": { id: "a", payload: "x".repeat(MIB - 1) },
  "a payload of 1 MiB and a byte in UTF-8, far fewer characters": {
    id: "a",
    payload: "é".repeat(MIB / 2 - 1) + "x",
  },
  "a payload deeper than any reader can follow": { id: "a", payload: nested(2_000) },
  "a priority above 100": { id: "a", priority: 101 },
  "a priority below −100": { id: "a", priority: -101 },
  "a priority that is a fraction": { id: "a", priority: 0.5 },
  "a priority that is not a number": { id: "a", priority: NaN },
  "a priority that is infinite": { id: "a", priority: Infinity },
  "a priority that is a text": asRequest({ id: "a", priority: "5" }),
  "a time that is not a number": { id: "a", runAt: NaN },
  "a time that is a fraction": { id: "a", runAt: 1.5 },
  "a time before 1970": { id: "a", runAt: -1 },
  "a time that is infinite": { id: "a", runAt: Infinity },
  "a time that no safe integer can hold": { id: "a", runAt: 2 ** 53 },
  "a time in seconds": { id: "a", runAt: 1_900_000_000 },
  "a time in seconds with a fraction": { id: "a", runAt: 1_900_000_000.25 },
  "a time years ago": { id: "a", runAt: 1_000_000_000_000 },
  "a time in microseconds": { id: "a", runAt: 1_900_000_000_000_000 },
  "a time that is a text": asRequest({ id: "a", runAt: "2026-01-01" }),
};

const ACCEPTED: Record<string, JobRequest> = {
  "an id of one character": { id: "x" },
  "an id of 2,000 characters": { id: "x".repeat(2_000) },
  "an id of 2,000 characters beyond the basic plane": { id: "😀".repeat(2_000) },
  "an id that looks like SQL": { id: "'; DROP TABLE jobs; --" },
  "an id that looks like a path to elsewhere": { id: "../../etc/passwd" },
  "an id of three dots": { id: "..." },
  "an id that begins like a folder": { id: "./a" },
  "an id that looks like a page": { id: "<script>alert(1)</script>" },
  "an id of spaces and punctuation": { id: " %_\\\"'` " },
  "a payload of exactly 1 MiB": { id: "a", payload: "x".repeat(MIB - 2) },
  "a payload of exactly 1 MiB in UTF-8": { id: "a", payload: "é".repeat(MIB / 2 - 1) },
  "a payload of 1 MiB that is all escapes": { id: "a", payload: '"'.repeat(MIB / 2 - 1) },
  "a payload of 1 MiB that is all brackets in a text": { id: "a", payload: "[".repeat(MIB - 2) },
  "a payload that is nested, but readable": { id: "a", payload: nested(400) },
  "a payload that is a lone surrogate, which JSON escapes": { id: "a", payload: "\ud800" },
  "a payload that is false": { id: "a", payload: false },
  "a priority of 100": { id: "a", priority: 100 },
  "a priority of −100": { id: "a", priority: -100 },
  "a time after 2038": { id: "a", runAt: Date.UTC(2200, 0, 1) },
};

Deno.test("an invalid job is refused with a sentence, and nothing is stored", async (t) => {
  await using on = await testQueue();
  for (const [what, request] of Object.entries(REFUSED)) {
    await t.step(what, async () => {
      await assert.rejects(on.queue.add([request]), (error) => {
        assert.ok(error instanceof QueueError, String(error));
        assert.equal(error.code, "invalid_job");
        assert.match(error.message, /^[A-Z].*\.$/s, "the message is a sentence");
        assert.doesNotMatch(error.message, /\p{Cc}/u, "the message forges nothing");
        assert.ok(error.message.length < 500);
        return true;
      });
    });
  }
  assert.equal((await on.queue.stats()).counts.PENDING, 0);
});

Deno.test("a valid job is stored and read back to the letter", async (t) => {
  for (const [what, request] of Object.entries(ACCEPTED)) {
    await t.step(what, async () => {
      await using on = await testQueue();
      const [added] = await on.queue.add([request]);
      const { job } = await on.queue.get(request.id ?? "");
      assert.deepEqual(job, added?.job);
      assert.ok(job.payload === (JSON.stringify(request.payload) ?? "null"));
      assert.deepEqual([job.id, job.priority], [request.id, request.priority ?? 0]);
      if (request.runAt !== undefined) assert.equal(job.runAt, request.runAt);
    });
  }
});

Deno.test("a time of 0, and of −0, means now, and is stored as the current time", async () => {
  await using on = await testQueue();
  for (const [id, runAt] of [["a", 0], ["b", -0]] as const) {
    const [added] = await on.queue.add([{ id, runAt }]);
    assert.equal(added?.job.runAt, added?.job.createdAt);
  }
});

Deno.test("a kind without a handler is refused with the kinds that are known", async () => {
  await using on = await testQueue();
  for (const kind of ["nobody", "File", "", "constructor", "\x1b[31m"]) {
    await assert.rejects(on.queue.add([{ id: "a", kind }]), (error) => {
      assert.ok(error instanceof QueueError && error.code === "unknown_kind");
      assert.match(error.message, /file, mail/);
      assert.doesNotMatch(error.message, /\p{Cc}/u);
      return true;
    });
  }
});

Deno.test("a handler in mail_test.ts was passed over silently: the refusal of the kind says that it counts as a test", async () => {
  await using on = await testQueue();
  await assert.rejects(
    on.queue.add([{ id: "a", kind: "mail_test" }]),
    /No handler is named "mail_test": .* A file named mail_test\.ts counts as a test\.$/,
  );
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
