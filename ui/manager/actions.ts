/** What forms do: each action ends where the person was, with a note of what came of it. */
import type { Context } from "hono";
import { type JobFilter, OPERATOR_VERBS, type OperatorVerb } from "@persistent-queue/queue";
import type { AppEnv } from "../app_env.ts";
import { safeNext } from "../login.tsx";
import { jobFilter } from "../move_input.ts";
import type { Ports } from "../ports.ts";
import { Refusal } from "../refusal.ts";
import type { Batches } from "./batches.ts";
import { listPath, readQuery } from "./list_query.ts";
import { movedNote, sentenceOf, sweptNote } from "./notes.ts";
import { readForm } from "./read_form.ts";

export type PageContext = Context<AppEnv>;

/** Of the jobs that one form may name. */
const MAX_IDS = 1000;

/** Resubmits or cancels the jobs that the form names. */
export async function moveNamed(c: PageContext, { queue }: Ports, verb: OperatorVerb): Promise<Response> {
  const form = await readForm(c);
  const ids = [...new Set(form.getAll("id"))];
  const back = form.get("back");
  if (ids.length === 0) return goBack(c, back, "none");
  if (ids.length > MAX_IDS) throw new Refusal(400, "invalid_query", `At most ${MAX_IDS} jobs at once.`);
  const results = await queue.move(verb, ids, c.get("visitor").name);
  const moved = results.filter(({ ok }) => ok).length;
  const isGone = results.length === 1 && results.every((one) => !one.ok && one.code === "unknown_job");
  return goBack(c, back, isGone ? "unknown" : movedNote(verb, moved, results.length - moved));
}

/** Resubmits or cancels all that match, which the person has confirmed. */
export async function moveMatching(c: PageContext, batches: Batches): Promise<Response> {
  const form = await readForm(c);
  const query = readQuery(form);
  const verb = readVerb(form.get("verb"));
  const filter: JobFilter = jobFilter(query);
  const moved = await batches.start(verb, filter, c.get("visitor").name);
  return goBack(c, listPath(query), moved === null ? "working" : movedNote(verb, moved, 0));
}

/** Looks for stalled jobs now, and returns them to the queue. */
export async function sweep(c: PageContext, { system }: Ports): Promise<Response> {
  const back = (await readForm(c)).get("back");
  return goBack(c, back, sweptNote(await system.sweep()));
}

/** Makes a consumer crash or hang. */
export async function provoke(c: PageContext, { system }: Ports, how: "crash" | "hang"): Promise<Response> {
  const id = (await readForm(c)).get("id") ?? "";
  if (!system.provoke(id, how)) return goBack(c, "/consumers", "gone");
  return goBack(c, "/consumers", how === "crash" ? "crashed" : "hung");
}

/** @throws {Refusal} 400 */
export function readVerb(word: string | null | undefined): OperatorVerb {
  const verb = OPERATOR_VERBS.find((one) => one === word);
  if (verb === undefined) throw new Refusal(400, "invalid_query", "Say whether to resubmit or to cancel.");
  return verb;
}

/** A person is led back by the browser; our own script only wants the sentence. */
export function goBack(c: PageContext, back: string | null, note: string): Response {
  if (c.req.header("accept") === "application/json") return c.json({ note: sentenceOf(note) });
  const path = safeNext(back ?? undefined);
  return c.redirect(`${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ note })}`, 303);
}
