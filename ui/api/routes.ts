/** The HTTP API of the Manager, for scripts: everything in JSON, every name in snake_case. */
import { type Context, Hono } from "hono";
import {
  type Added,
  DuplicateJobs,
  type Fault,
  type ListRequest,
  MAX_PAGE_SIZE,
  type MoveResult,
  nearest,
  type OperatorVerb,
  printable,
} from "@persistent-queue/queue";
import { textResponse } from "../http/compression.ts";
import { bodyLimit } from "../http/body_limit.ts";
import type { AppEnv } from "../http/app_env.ts";
import { actorOf, audited, filterText, injectFault, sweepNow } from "../auth/audit.ts";
import { exportJobs } from "./csv.ts";
import { assertGivenOnce, FILTER_FIELDS, invalid, jobFilter, jobInput, moveInput } from "./input.ts";
import type { PageDeps } from "../page_deps.ts";
import { MANY_JOBS_BYTES, ONE_JOB_BYTES, readJobs, readJson } from "./read_json.ts";
import { HttpError, tooLarge } from "../http/errors.ts";
import {
  addResults,
  dueOnWire,
  historyJson,
  jobJson,
  jobsJson,
  type Moment,
  momentOf,
  statsOnWire,
} from "./serializers.ts";

type ApiContext = Context<AppEnv>;

export function apiRoutes(deps: PageDeps): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get("/jobs", (c) => listJobs(c, deps))
    .get("/jobs.csv", (c) => exportList(c, deps))
    .get("/stats", (c) => showStats(c, deps))
    .post("/jobs", limit(MANY_JOBS_BYTES), (c) => addJobs(c, deps))
    .post("/jobs/resubmit", limit(ONE_JOB_BYTES), (c) => moveJobs(c, deps, "resubmit"))
    .post("/jobs/cancel", limit(ONE_JOB_BYTES), (c) => moveJobs(c, deps, "cancel"))
    .post("/sweep", (c) => sweep(c, deps))
    .post("/consumers/:id/crash", (c) => requestFault(c, deps, "crash"))
    .post("/consumers/:id/hang", (c) => requestFault(c, deps, "hang"))
    // A dot would not match Unicode line separators, which an edit by hand may put into an id.
    .get("/jobs/:id{[^]+}", (c) => showJob(c, deps));
}

function limit(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw tooLarge(maxSize);
    },
  });
}

function momentNow({ queue, now }: PageDeps): Moment {
  return momentOf({ queue, now: now() });
}

function jsonText(c: ApiContext, text: string, status: 200 | 201 = 200): Response {
  return textResponse(c, text, { type: "application/json", status });
}

async function listJobs(c: ApiContext, deps: PageDeps): Promise<Response> {
  const { jobs, next } = await deps.queue.list(listRequest(c, deps));
  return jsonText(c, await jobsJson(jobs, momentNow(deps), { next }));
}

function listRequest(c: ApiContext, deps: PageDeps): ListRequest {
  assertKnown(c, [...FILTER_FIELDS, "cursor", "limit"]);
  const cursor = c.req.query("cursor");
  const limit = c.req.query("limit");
  if (limit && !/^\d{1,3}$/.test(limit)) {
    throw invalid(`limit must be a whole number from 1 to ${MAX_PAGE_SIZE}.`, { code: "invalid_query" });
  }
  return {
    ...filterOfQuery(c, deps),
    ...(cursor ? { cursor } : {}),
    ...(limit ? { limit: Number(limit) } : {}),
  };
}

function filterOfQuery(c: ApiContext, { now }: Pick<PageDeps, "now">) {
  return jobFilter(c.req.query(), now());
}

/** Refuses unknown parameters, and repeated ones: without a misspelt filter, the list would hold every job there is. */
function assertKnown(c: ApiContext, names: readonly string[]): void {
  assertGivenOnce(new URL(c.req.url).searchParams);
  const stranger = Object.keys(c.req.query()).find((name) => !names.includes(name));
  if (stranger === undefined) return;
  const meant = nearest(stranger.slice(0, 60), names);
  const hint = meant === null ? `There are ${names.join(", ")}.` : `Did you mean "${meant}"?`;
  const shown = printable(stranger, { maxLength: 60 });
  throw invalid(`There is no parameter "${shown}" here. ${hint}`, { code: "invalid_query" });
}

async function exportList(c: ApiContext, { queue, audit, now }: PageDeps): Promise<Response> {
  assertKnown(c, FILTER_FIELDS);
  const filter = filterOfQuery(c, { now });
  const csv = c.req.method === "HEAD" ? null : await exportJobs(queue, filter);
  if (csv !== null) audit(`Export of jobs by ${actorOf(c, { audit }).by}: ${filterText(filter)}`);
  // Not before the first page is read: an error has a type of its own, and is no file.
  c.header("Content-Type", "text/csv; charset=utf-8");
  c.header("Content-Disposition", 'attachment; filename="jobs.csv"');
  return csv === null ? c.body(null) : c.body(csv);
}

async function showStats(c: ApiContext, { queue, system }: PageDeps): Promise<Response> {
  return c.json(statsOnWire(await queue.stats(), queue, system.view()));
}

async function showJob(c: ApiContext, deps: PageDeps): Promise<Response> {
  return jsonText(c, historyJson(await deps.queue.get(idInPath(c)), momentNow(deps)));
}

/** The router decodes a path in parts; an id may contain any character, so it is decoded here, once and as a whole. */
function idInPath(c: ApiContext): string {
  const path = /^[a-z]+:\/\/[^/]*([^?#]*)/i.exec(c.req.raw.url)?.[1] ?? "";
  try {
    return decodeURIComponent(path.slice("/api/jobs/".length));
  } catch {
    throw invalid("The job id in this path is not percent-encoded UTF-8.", { code: "invalid_query" });
  }
}

async function addJobs(c: ApiContext, deps: PageDeps): Promise<Response> {
  const body = await readJobs(c);
  try {
    const added = await audited(deps.queue, actorOf(c, deps)).add(await jobInput(body));
    const isNew = added.some(({ outcome }) => outcome !== "waiting");
    const text = Array.isArray(body) ? await manyAdded(added, deps) : oneAdded(added, deps);
    return jsonText(c, text, isNew ? 201 : 200);
  } catch (error) {
    if (!(error instanceof DuplicateJobs && Array.isArray(body))) throw error;
    const { code, message, outcomes } = error;
    return c.json({ error: { code, message }, results: addResults(outcomes) }, 409);
  }
}

function oneAdded([added]: Added[], deps: PageDeps): string {
  if (added === undefined) throw new Error("The queue returned nothing for a job that was added");
  const moment = momentNow(deps);
  // At the top level as in `GET /api/jobs/{id}`, and also as `job`, for clients that expect it there.
  const due = { due_at: dueOnWire(added.job), due_in_ms: Math.max(0, added.job.runAt - deps.now()) };
  const whole = jobJson(added.job, moment, { outcome: added.outcome, differs: added.differs, ...due });
  return `${whole.slice(0, -1)},"job":${jobJson(added.job, moment)}}`;
}

function manyAdded(added: Added[], deps: PageDeps): Promise<string> {
  return jobsJson(added.map(({ job }) => job), momentNow(deps), {
    outcomes: added.map(({ outcome }) => outcome),
    differs: added.map(({ differs }) => differs),
    due_at: added.map(({ job }) => dueOnWire(job)),
  });
}

const DONE = { resubmit: "resubmitted", cancel: "canceled" } as const;

async function moveJobs(c: ApiContext, deps: PageDeps, verb: OperatorVerb): Promise<Response> {
  const input = moveInput(await readJson(c), deps.now());
  const queue = audited(deps.queue, actorOf(c, deps));
  // A client that disconnects stops the move.
  const { signal } = c.req.raw;
  if ("filter" in input) {
    return c.json({ [DONE[verb]]: await queue.moveAll(verb, input.filter, { signal }) });
  }
  const results = await queue.move(verb, input.ids, { signal });
  const moved = results.filter(({ ok }) => ok).length;
  const body = { [DONE[verb]]: moved, results: results.map(resultOnWire) };
  const [first] = results;
  if (moved > 0 || first === undefined || first.ok) return c.json(body);
  return c.json({ error: { code: first.code, message: first.message }, ...body }, STATUS_OF[first.code]);
}

const STATUS_OF = { unknown_job: 404, illegal_move: 409 } as const;

function resultOnWire(result: MoveResult) {
  if (result.ok) return { id: result.id, ok: true, status: result.job.status };
  return { id: result.id, ok: false, error: { code: result.code, message: result.message } };
}

async function sweep(c: ApiContext, deps: PageDeps): Promise<Response> {
  return c.json({ requeued: await sweepNow(deps, actorOf(c, deps)) });
}

async function requestFault(c: ApiContext, deps: PageDeps, fault: Fault): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!await injectFault(deps, { consumerId: id, fault, ...actorOf(c, deps) })) {
    throw new HttpError(404, "unknown_consumer", `There is no consumer "${id.slice(0, 60)}" now.`);
  }
  return c.json({ consumer_id: id, provoked: fault }, 202);
}
