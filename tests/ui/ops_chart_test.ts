import assert from "node:assert/strict";
import { columnsOf } from "../../ui/ops/throughput.tsx";

function topFor(added: number): number {
  return columnsOf([{ added, completed: 0, failed: 0 }]).top;
}

Deno.test("the highest column fills at least two thirds of its half of the chart", () => {
  for (let added = 6; added < 100_000; added = Math.ceil(added * 1.07)) {
    const fill = added / topFor(added);
    assert.ok(fill > 0.65 && fill <= 1, `${added} of ${topFor(added)}`);
  }
  assert.equal(topFor(2001), 3000);
});

Deno.test("a job every few seconds does not look like a storm", () => {
  assert.equal(topFor(0), 5);
  assert.equal(topFor(1), 5);
});
