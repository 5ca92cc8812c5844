/** The HTTP API of the Manager, for scripts: everything in JSON, every name in snake_case. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import {
  type Added,
  type ListRequest,
  MAX_PAGE_SIZE,
  type MoveResult,
  nearest,
  type OperatorVerb,
  printable,
} from "@persistent-queue/queue";
import type { AppEnv } from "../http/app_env.ts";
import { actorOf, audited, type Fault, filterText, injectFault, sweepNow } from "../auth/audit.ts";
import { exportJobs } from "./csv.ts";
import { invalid } from "./fields.ts";
import { jobInput } from "./job_input.ts";
import { FILTER_WORDS, jobFilter, moveInput } from "./move_input.ts";
import type { PageDeps } from "../page_deps.ts";
import { MANY_JOBS_BYTES, ONE_JOB_BYTES, readJobs, readJson } from "./read_json.ts";
import { HttpError, tooLarge } from "../http/errors.ts";
import { dueOnWire, historyJson, jobJson, jobsJson, statsOnWire } from "./serializers.ts";

type ApiContext = Context<AppEnv>;

export function apiRoutes(ports: PageDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/jobs", (c) => listJobs(c, ports))
    .get("/jobs.csv", (c) => exportList(c, ports))
    .get("/stats", (c) => showStats(c, ports))
    .post("/jobs", limit(MANY_JOBS_BYTES), (c) => addJobs(c, ports))
    .post("/jobs/resubmit", limit(ONE_JOB_BYTES), (c) => moveJobs(c, ports, "resubmit"))
    .post("/jobs/cancel", limit(ONE_JOB_BYTES), (c) => moveJobs(c, ports, "cancel"))
    .post("/sweep", (c) => sweep(c, ports))
    .post("/consumers/:id/crash", (c) => requestFault(c, ports, "crash"))
    .post("/consumers/:id/hang", (c) => requestFault(c, ports, "hang"))
    // A point would not match the separators of lines that Unicode has, and an edit by hand may put in any.
    .get("/jobs/:id{[^]+}", (c) => showJob(c, ports));
}

function limit(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge();
    },
  });
}

function momentOf({ now, queue }: PageDeps) {
  return { now: now(), stallMs: queue.stallMs, kinds: queue.kinds };
}

function jsonText(c: ApiContext, text: string, status: 200 | 201 = 200): Response {
  return c.body(text, status, { "Content-Type": "application/json" });
}

async function listJobs(c: ApiContext, ports: PageDeps): Promise<Response> {
  const { jobs, next } = await ports.queue.list(listRequest(c, ports));
  return jsonText(c, await jobsJson(jobs, momentOf(ports), { next }));
}

function listRequest(c: ApiContext, ports: PageDeps): ListRequest {
  assertKnown(c, [...FILTER_WORDS, "cursor", "limit"]);
  const cursor = c.req.query("cursor");
  const limit = c.req.query("limit");
  if (limit && !/^\d{1,3}$/.test(limit)) {
    throw invalid(`limit must be a whole number from 1 to ${MAX_PAGE_SIZE}.`, { code: "invalid_query" });
  }
  return {
    ...filterOfQuery(c, ports),
    ...(cursor ? { cursor } : {}),
    ...(limit ? { limit: Number(limit) } : {}),
  };
}

function filterOfQuery(c: ApiContext, { now }: Pick<PageDeps, "now">) {
  return jobFilter(c.req.query(), now());
}

/** A misspelt filter would list every job there is. */
function assertKnown(c: ApiContext, names: readonly string[]): void {
  const stranger = Object.keys(c.req.query()).find((name) => !names.includes(name));
  if (stranger === undefined) return;
  const meant = nearest(stranger.slice(0, 60), names);
  const hint = meant === null ? `There are ${names.join(", ")}.` : `Did you mean "${meant}"?`;
  const shown = printable(stranger, { maxLength: 60 });
  throw invalid(`There is no parameter "${shown}" here. ${hint}`, { code: "invalid_query" });
}

function exportList(c: ApiContext, { queue, audit, now }: PageDeps): Response {
  assertKnown(c, FILTER_WORDS);
  const filter = filterOfQuery(c, { now });
  c.header("Content-Type", "text/csv; charset=utf-8");
  c.header("Content-Disposition", 'attachment; filename="jobs.csv"');
  if (c.req.method === "HEAD") return c.body(null);
  audit(`Export of jobs by ${actorOf(c, { audit }).by}: ${filterText(filter)}`);
  return c.body(exportJobs(queue, filter));
}

async function showStats(c: ApiContext, { queue, system }: PageDeps): Promise<Response> {
  return c.json(statsOnWire(await queue.stats(), queue, system.view()));
}

async function showJob(c: ApiContext, ports: PageDeps): Promise<Response> {
  return jsonText(c, historyJson(await ports.queue.get(idInPath(c)), momentOf(ports)));
}

/** The router decodes a path in parts; an id may hold any character, so it is decoded here, once and whole. */
function idInPath(c: ApiContext): string {
  const path = /^[a-z]+:\/\/[^/]*([^?#]*)/i.exec(c.req.raw.url)?.[1] ?? "";
  try {
    return decodeURIComponent(path.slice("/api/jobs/".length));
  } catch {
    throw invalid("The job id in this path is not percent-encoded UTF-8.", { code: "invalid_query" });
  }
}

async function addJobs(c: ApiContext, ports: PageDeps): Promise<Response> {
  const body = await readJobs(c);
  const added = await audited(ports.queue, actorOf(c, ports)).add(await jobInput(body));
  const isNew = added.some(({ outcome }) => outcome !== "waiting");
  const text = Array.isArray(body) ? await manyAdded(added, ports) : oneAdded(added, ports);
  return jsonText(c, text, isNew ? 201 : 200);
}

function oneAdded([added]: Added[], ports: PageDeps): string {
  if (added === undefined) throw new Error("The queue answered nothing for a job that was added");
  const moment = momentOf(ports);
  // At the top as `GET /api/jobs/{id}` shows it, and as `job` for those who think of the answer to an array.
  const due = { due_at: dueOnWire(added.job), due_in_ms: Math.max(0, added.job.runAt - ports.now()) };
  const whole = jobJson(added.job, moment, { outcome: added.outcome, differs: added.differs, ...due });
  return `${whole.slice(0, -1)},"job":${jobJson(added.job, moment)}}`;
}

function manyAdded(added: Added[], ports: PageDeps): Promise<string> {
  return jobsJson(added.map(({ job }) => job), momentOf(ports), {
    outcomes: added.map(({ outcome }) => outcome),
    differs: added.map(({ differs }) => differs),
    due_at: added.map(({ job }) => dueOnWire(job)),
  });
}

const DONE = { resubmit: "resubmitted", cancel: "canceled" } as const;

async function moveJobs(c: ApiContext, ports: PageDeps, verb: OperatorVerb): Promise<Response> {
  const input = moveInput(await readJson(c), ports.now());
  const queue = audited(ports.queue, actorOf(c, ports));
  // A client that hangs up wants no more of it.
  const { signal } = c.req.raw;
  if ("filter" in input) {
    return c.json({ [DONE[verb]]: await queue.moveAll(verb, input.filter, { signal }) });
  }
  const results = await queue.move(verb, input.ids, { signal });
  const moved = results.filter(({ ok }) => ok).length;
  const answer = { [DONE[verb]]: moved, results: results.map(resultOnWire) };
  const [first] = results;
  if (moved > 0 || first === undefined || first.ok) return c.json(answer);
  return c.json({ error: { code: first.code, message: first.message }, ...answer }, STATUS_OF[first.code]);
}

const STATUS_OF = { unknown_job: 404, illegal_move: 409 } as const;

function resultOnWire(result: MoveResult) {
  if (result.ok) return { id: result.id, ok: true, status: result.job.status };
  return { id: result.id, ok: false, error: { code: result.code, message: result.message } };
}

async function sweep(c: ApiContext, ports: PageDeps): Promise<Response> {
  return c.json({ requeued: await sweepNow(ports, actorOf(c, ports)) });
}

function requestFault(c: ApiContext, ports: PageDeps, fault: Fault): Response {
  const id = c.req.param("id") ?? "";
  if (!injectFault(ports, { consumerId: id, fault, ...actorOf(c, ports) })) {
    throw new HttpError(404, "unknown_consumer", `There is no consumer "${id.slice(0, 60)}" now.`);
  }
  return c.json({ consumer_id: id, provoked: fault }, 202);
}
