/** Who did what: each action of a person or a script leaves one line in the log, with its actor and the address. */
import {
  type Added,
  DuplicateJobs,
  type Fault,
  type JobFilter,
  type JobRequest,
  type MoveAllOptions,
  type Operator,
  type OperatorVerb,
  StorageError,
} from "@persistent-queue/queue";
import type { Context } from "hono";
import type { PageDeps, System } from "../page_deps.ts";
import type { AppEnv } from "../http/app_env.ts";
import { HttpError } from "../http/errors.ts";
import type { Guesser } from "./throttle.ts";

/** Receives one sentence per action. Ids and filters in it are untrusted: they come last, as JSON. */
export type Audit = (sentence: string) => void;

/** Who acts. */
export interface Actor {
  /** `API token from 203.0.113.7` */
  readonly by: string;
  readonly audit: Audit;
}

/** The operator's role of the queue, audited for one actor. */
interface AuditedOperator {
  add(requests: readonly JobRequest[]): ReturnType<Operator["add"]>;
  move(
    verb: OperatorVerb,
    ids: readonly string[],
    options?: Parameters<Operator["move"]>[3],
  ): ReturnType<Operator["move"]>;
  moveAll(
    verb: OperatorVerb,
    filter: JobFilter,
    how?: Omit<MoveAllOptions, "by">,
  ): ReturnType<Operator["moveAll"]>;
}

export function audited(queue: Operator, actor: Actor): AuditedOperator {
  return {
    add: (requests) => add(queue, requests, actor),
    move: (verb, ids, options) => move(queue, { verb, ids, options, ...actor }),
    moveAll: (verb, filter, how = {}) => moveAll(queue, { verb, filter, ...how, ...actor }),
  };
}

async function add(queue: Operator, requests: readonly JobRequest[], { by, audit }: Actor): Promise<Added[]> {
  const noteFresh = (outcomes: DuplicateJobs["outcomes"]) => {
    const fresh = outcomes.filter(({ outcome }) => outcome === "added" || outcome === "replaced");
    const ids = fresh.map(({ job }) => job.id);
    if (fresh.length > 0) audit(`Added ${jobs(fresh.length)} by ${by}: ${listed(ids)}`);
  };
  try {
    const added = await queue.add(requests, by);
    noteFresh(added);
    return added;
  } catch (error) {
    if (error instanceof DuplicateJobs) noteFresh(error.outcomes);
    // Some of the jobs may be stored all the same.
    if (error instanceof StorageError && requests.length > 1) {
      const ids = requests.flatMap(({ id }) => id === undefined ? [] : [id]);
      audit(`Added some of ${jobs(requests.length)} by ${by}: ${listed(ids)}`);
    }
    throw error;
  }
}

const DONE = { resubmit: "Resubmitted", cancel: "Canceled" } as const;

interface Move extends Actor {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
  readonly options: Parameters<Operator["move"]>[3];
}

async function move(queue: Operator, { verb, ids, options, by, audit }: Move) {
  const results = await queue.move(verb, ids, by, options);
  const moved = results.filter(({ ok }) => ok).map(({ id }) => id);
  const others = ids.length - moved.length;
  const rest = others === 0 ? "" : ` (${others} of ${ids.length} not)`;
  audit(`${DONE[verb]} ${jobs(moved.length)}${rest} by ${by}: ${listed(moved.length > 0 ? moved : ids)}`);
  return results;
}

interface MoveAll extends Actor, Omit<MoveAllOptions, "by"> {
  readonly verb: OperatorVerb;
  readonly filter: JobFilter;
}

async function moveAll(queue: Operator, { verb, filter, audit, ...how }: MoveAll): Promise<number> {
  let moved = 0;
  let ending = ", then it failed";
  const onProgress = (count: number) => {
    moved = count;
    how.onProgress?.(count);
  };
  try {
    moved = await queue.moveAll(verb, filter, { ...how, onProgress });
    ending = how.signal?.aborted ? ", then it was stopped" : "";
    return moved;
  } finally {
    audit(`${DONE[verb]} ${jobs(moved)} by ${how.by}${ending}: ${filterText(filter)}`);
  }
}

/** Sweeps for stalled jobs now. Returns how many went back to the queue. */
export async function sweepNow({ system }: { system: Pick<System, "sweep"> }, actor: Actor): Promise<number> {
  const requeued = await system.sweep();
  actor.audit(`Sweep by ${actor.by}: ${jobs(requeued)} returned to the queue`);
  return requeued;
}

function jobs(count: number): string {
  return `${count} ${count === 1 ? "job" : "jobs"}`;
}

const LISTED = 5;
const LISTED_CHARACTERS = 200;

/** The first few; the log has a separate line for each job. */
function listed(ids: readonly string[]): string {
  const first = ids.slice(0, LISTED).map((id) => JSON.stringify(id.slice(0, LISTED_CHARACTERS)));
  return ids.length > LISTED ? `${first.join(", ")} and ${ids.length - LISTED} more` : first.join(", ");
}

export function filterText(
  { status, statuses = [], kind, search, stalled, due, changedSince }: JobFilter,
): string {
  const words = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(statuses.length === 0 ? [] : [`status ${statuses.join(" or ")}`]),
    ...(stalled ? ["stalled"] : []),
    ...(due === undefined ? [] : [`due ${due}`]),
    ...(changedSince === undefined ? [] : [`changed since ${isoTime(changedSince)}`]),
    ...(kind === undefined ? [] : [`kind ${listed([kind])}`]),
    ...(search === undefined ? [] : [`id with ${listed([search])}`]),
  ];
  return words.length === 0 ? "every job" : words.join(", ");
}

/** The number itself, if a date cannot hold it. */
function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

/** Marks an address that nothing confirms as a claim. */
export function whereOf({ address, claimedAddress = null }: Guesser): string {
  return claimedAddress === null ? address : `${address} (forwarded, it says, for ${claimedAddress})`;
}

/** Who sent this request; valid only behind the login. */
export function actorOf(c: Context<AppEnv>, { audit }: { readonly audit: Audit }): Actor {
  return { by: `${c.var.visitor.name} from ${whereOf(c.env.client)}`, audit };
}

/** Here, or on another host. False: there is no such consumer. @throws {HttpError} 403 if it is switched off */
export async function injectFault(
  deps: Pick<PageDeps, "queue" | "system" | "faultInjection">,
  { consumerId, fault, by, audit }: Actor & { readonly consumerId: string; readonly fault: Fault },
): Promise<boolean> {
  requireFaultInjection(deps, consumerId);
  const { queue, system } = deps;
  const isDone = system.injectFault(consumerId, fault, by) || await queue.orderFault(consumerId, fault, by);
  if (isDone) audit(`${FAULT_NAMES[fault]} of consumer ${consumerId} by ${by}`);
  return isDone;
}

const FAULT_NAMES = { crash: "Crash", hang: "Hang" } as const;

/** Checks this host, and that of the consumer. @throws {HttpError} 403 */
export function requireFaultInjection(
  { queue, faultInjection }: Pick<PageDeps, "queue" | "faultInjection">,
  consumerId: string,
): void {
  const runsIt = ({ id }: { readonly id: string }) => id !== "" && id === consumerId;
  const host = queue.hosts.find(({ view }) => view?.consumers.some(runsIt));
  const where = !faultInjection ? "here" : host?.view?.takesFaults === false ? `on ${host.name}` : null;
  if (where === null) return;
  const message =
    `Crashing and hanging consumers is switched off ${where}. The setting FAULT_INJECTION=on allows it.`;
  throw new HttpError(403, "fault_injection_off", message);
}
