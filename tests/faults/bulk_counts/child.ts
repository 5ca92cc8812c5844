/**
 * A process that adds, claims and completes jobs, many with each statement, and dies at a failpoint.
 * `child.ts <folder> <points, as JSON>`
 */
import { openStore } from "@persistent-queue/queue";
import { newJob, settlement } from "../../conformance/stage.ts";
import { dieAt } from "../failpoint/failpoint.ts";

const JOBS = 100;
const [folder = "", points = ""] = Deno.args;

using _ = dieAt({ points: JSON.parse(points), skipped: 0 }, folder);
const store = await openStore(`sqlite:${folder}/queue.db`, "owner");
await store.insert(Array.from({ length: JOBS }, (_, i) => newJob(`new ${i}`)));
const { claimed } = await store.claim([{ consumerId: "c1", limit: JOBS, suspect: false }]);
const [first, others] = [claimed.slice(0, JOBS / 2), claimed.slice(JOBS / 2)];
await store.settle(first.map((job) => settlement("complete", job)));
await store.settle(others.map(({ seq, lease }) => ({ seq, lease, verb: "complete", result: null })));
await store.close();
