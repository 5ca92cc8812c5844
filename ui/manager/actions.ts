/** The actions of forms: each returns to where the person was, with a note about the result. */
import type { Context } from "hono";
import {
  type Fault,
  isDismissed,
  isLegal,
  isStatus,
  type Job,
  OPERATOR_VERBS,
  type OperatorVerb,
  QueueError,
} from "@persistent-queue/queue";
import type { AppEnv } from "../http/app_env.ts";
import { actorOf, audited, injectFault, sweepNow } from "../auth/audit.ts";
import { safeNext } from "../auth/login.tsx";
import { assertGivenOnce } from "../api/input.ts";
import type { PageDeps } from "../page_deps.ts";
import { HttpError } from "../http/errors.ts";
import type { BulkActions } from "./bulk_actions.ts";
import { listPath, readQuery } from "./list_query.ts";
import type { Undo } from "./views.ts";
import { movedNote, noteOf, refusedNote, sweptNote } from "./flash.ts";

export type PageContext = Context<AppEnv>;

/** The most jobs that one form may name. */
const MAX_IDS = 1000;

/** Resubmits or cancels the jobs that the form names. */
export async function moveNamed(c: PageContext, deps: PageDeps, verb: OperatorVerb): Promise<Response> {
  const form = await readForm(c);
  const ids = [...new Set(form.getAll("id"))];
  const back = form.get("back");
  if (ids.length === 0) return goBack(c, { back, code: "none" });
  if (ids.length > MAX_IDS) throw new HttpError(400, "invalid_query", `At most ${MAX_IDS} jobs at once.`);
  const [only] = ids;
  const refusal = ids.length > 1 || only === undefined ? null : await refusalOf(c, deps, { verb, id: only });
  if (refusal !== null) return goBack(c, { back, code: refusal });
  const results = await audited(deps.queue, actorOf(c, deps)).move(verb, ids);
  const moved = results.flatMap((result) => result.ok ? [result.job] : []);
  const code = movedNote(verb, moved.length, results.length - moved.length);
  return goBack(c, { back, code, undo: verb === "cancel" ? undoOf(moved) : null });
}

/** A job that had failed would run: a resubmit does not restore it. Null if it restores none. */
function undoOf(canceled: readonly Job[]): Undo | null {
  const ids = canceled.filter((job) => !isDismissed(job)).map(({ id }) => id);
  return ids.length === 0 ? null : { ids, isAll: ids.length === canceled.length };
}

/**
 * Why the job must not be moved, as a note; null if it may be.
 *
 * A button submits the state in which the job was shown: the rows may have moved under the pointer, or another person may
 * have been faster.
 */
async function refusalOf(
  c: PageContext,
  { queue }: PageDeps,
  { verb, id }: { readonly verb: OperatorVerb; readonly id: string },
): Promise<string | null> {
  const { status: drawn, lease } = c.req.query();
  try {
    const { job } = await queue.get(id);
    const refuse = (why: Parameters<typeof refusedNote>[2]) => refusedNote(verb, job.status, why);
    if (isStatus(drawn) && drawn !== job.status) return refuse("changed");
    if (lease !== undefined && lease !== String(job.lease)) return refuse("again");
    return isLegal(verb, job.status) ? null : refuse("illegal");
  } catch (error) {
    if (error instanceof QueueError && error.code === "unknown_job") return "unknown";
    throw error;
  }
}

/** Resubmits or cancels all that match, after the person has confirmed it. */
export async function moveMatching(c: PageContext, deps: PageDeps, batches: BulkActions): Promise<Response> {
  const form = await readForm(c);
  assertGivenOnce(form);
  const query = readQuery(form);
  const verb = readVerb(form.get("verb"));
  const result = await batches.start({ verb, query, actor: actorOf(c, deps) });
  const back = listPath(query);
  // A running batch shows its own progress.
  if (result === "working") return goBack(c, { back, code: null });
  return goBack(c, { back, code: typeof result === "number" ? movedNote(verb, result, 0) : result });
}

/** Stops a bulk move: jobs already moved stay moved. */
export async function stopBatch(c: PageContext, batches: BulkActions): Promise<Response> {
  const form = await readForm(c);
  const isStopped = batches.stop(Number(form.get("number")));
  return goBack(c, { back: form.get("back"), code: isStopped ? "stopping" : "ended" });
}

/** Sweeps for stalled jobs now, and returns them to the queue. */
export async function sweep(c: PageContext, deps: PageDeps): Promise<Response> {
  const back = (await readForm(c)).get("back");
  return goBack(c, { back, code: sweptNote(await sweepNow(deps, actorOf(c, deps))) });
}

/** Makes a consumer crash or hang, after the person has confirmed it. */
export async function requestFault(c: PageContext, deps: PageDeps, fault: Fault): Promise<Response> {
  const id = (await readForm(c)).get("id") ?? "";
  const asked = { consumerId: id, fault, ...actorOf(c, deps) };
  const isDone = await injectFault(deps, asked);
  return goBack(c, { back: "/consumers", code: !isDone ? "gone" : fault === "crash" ? "crashed" : "hung" });
}

/** @throws {HttpError} 400 */
export function readVerb(word: string | null | undefined): OperatorVerb {
  const verb = OPERATOR_VERBS.find((one) => one === word);
  if (verb === undefined) throw new HttpError(400, "invalid_query", "Say whether to resubmit or to cancel.");
  return verb;
}

/** The result of an action. */
interface Done {
  /** The address from which the action came; null: the list. */
  readonly back: string | null;
  /** Of the note: see `flash.ts`. Null: there is none. */
  readonly code: string | null;
  readonly undo?: Undo | null;
}

/** The browser redirects a person back; our own script only wants the note, and what would undo the action. */
export function goBack(c: PageContext, { back, code, undo = null }: Done): Response {
  const note = code === null ? null : noteOf(code);
  if (c.req.header("accept") === "application/json") {
    return c.json({ note: note === null || undo === null ? note : { ...note, undo } });
  }
  const path = safeNext(back ?? undefined);
  if (code === null) return c.redirect(path, 303);
  return c.redirect(`${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ note: code })}`, 303);
}

/** A form may name a thousand jobs; parsing half a million fields takes a second. */
const MAX_FIELDS = 2_000;

/** The fields of a submitted form. @throws {HttpError} 415 for another content type, 400 for too many fields */
export async function readForm(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded(?:\s*;|\s*$)/i.test(type)) {
    throw new HttpError(415, "unsupported_media_type", "Send this as a form.");
  }
  const text = await c.req.text();
  if (countOf(text, "&") >= MAX_FIELDS) {
    throw new HttpError(400, "bad_request", `A form has at most ${MAX_FIELDS.toLocaleString("en")} fields.`);
  }
  return new URLSearchParams(text);
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}
