/**
 * The view of itself that a process shows the other hosts and the commands beside it, as text stored with its heartbeat.
 * It is checked field by field when it is read: it may come from another release, or have been edited by hand.
 */
import { printable } from "../basics/text.ts";
import { isStorableKind, MAX_ID_LENGTH, MAX_TIME } from "../job.ts";
import type { Rates } from "../queue_stats.ts";
import type { ConsumerState, ConsumerView, SystemView } from "../system_view.ts";

/** In UTF-16 units: enough for the 1,000 consumers that one process may have. */
const LONGEST = 256 * 1024;
const MAX_CONSUMERS = 1_000;
const MAX_WARNINGS = 20;
const LONGEST_SENTENCE = 500;
const SECONDS = 60;
/** More would leave no room for the rest. */
const MAX_KINDS = 1_000;

const STATES: Readonly<Record<ConsumerState, true>> = {
  ...{ starting: true, idle: true, working: true, waiting: true, silent: true, restarting: true },
};

export interface ViewOfHost {
  readonly view: SystemView | null;
  /** By the clock of the store. */
  readonly viewedAt: number;
  /** Counts per second of the minute before it. */
  readonly history: readonly Rates[];
  /** For which it has a handler, also if that cannot be loaded. */
  readonly kinds: readonly string[];
}

/** For a backend with one host, where only commands read the view. */
export function kindsText(kinds: readonly string[]): string {
  return JSON.stringify({ kinds });
}

/** Includes as many consumers as fit. Recent events are left out: each process shows its own. */
export function viewText(
  { view, viewedAt, history, kinds: all }: ViewOfHost & { readonly view: SystemView },
): string {
  const { events: _, consumers, ...rest } = view;
  const kinds = all.slice(0, MAX_KINDS);
  const counts = history.map(({ added, completed, failed }) => [added, completed, failed]);
  for (let shown = consumers;; shown = shown.slice(0, shown.length / 2)) {
    const text = JSON.stringify({ at: viewedAt, ...rest, consumers: shown, history: counts, kinds });
    if (text.length <= LONGEST || shown.length === 0) return text;
  }
}

/** `seenAt`: when the process was last seen, which serves as the time of a text without one. */
export function readView(text: string | null, seenAt: number): ViewOfHost {
  const fields = text === null || text.length > LONGEST ? null : parsed(text);
  if (fields === null) return { view: null, viewedAt: seenAt, history: [], kinds: [] };
  return {
    view: toView(fields),
    viewedAt: numberIn(fields.at) ?? seenAt,
    history: listIn(fields.history).slice(-SECONDS).map(toRates),
    kinds: listIn(fields.kinds).filter(isStorableKind),
  };
}

function toView(fields: Fields): SystemView {
  const { lastAt, lastRequeued } = fieldsOf(fields.sweep);
  return {
    startedAt: numberIn(fields.startedAt) ?? 0,
    starting: fields.starting === true,
    stopping: fields.stopping === true,
    consumers: listIn(fields.consumers).slice(0, MAX_CONSUMERS).flatMap(toConsumer),
    wedged: numberIn(fields.wedged) ?? 0,
    sweep: { lastAt: numberIn(lastAt), lastRequeued: numberIn(lastRequeued) ?? 0 },
    producing: fields.producing === true,
    takesFaults: fields.takesFaults === true,
    warnings: listIn(fields.warnings).slice(0, MAX_WARNINGS).flatMap((one) => sentenceIn(one) ?? []),
    events: [],
    trouble: sentenceIn(fields.trouble),
    memoryBytes: numberIn(fields.memoryBytes) ?? 0,
  };
}

/** A consumer without a slot or a state cannot be shown. */
function toConsumer(value: unknown): ConsumerView[] {
  const fields = fieldsOf(value);
  const { id, state, jobId } = fields;
  const slot = numberIn(fields.slot);
  if (slot === null || typeof id !== "string" || id.length > MAX_ID_LENGTH || !isState(state)) return [];
  return [{
    ...{ id, slot, state },
    jobId: typeof jobId === "string" && jobId.length <= MAX_ID_LENGTH ? jobId : null,
    jobMs: numberIn(fields.jobMs) ?? 0,
    waiting: numberIn(fields.waiting) ?? 0,
    heartbeatAgeMs: numberIn(fields.heartbeatAgeMs),
    done: numberIn(fields.done) ?? 0,
    failed: numberIn(fields.failed) ?? 0,
    restarts: numberIn(fields.restarts) ?? 0,
  }];
}

function toRates(value: unknown): Rates {
  const [added, completed, failed] = listIn(value).map(numberIn);
  return { added: added ?? 0, completed: completed ?? 0, failed: failed ?? 0 };
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Counts, durations and times: none is negative, or beyond what a date can hold. */
function numberIn(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= MAX_TIME ? value : null;
}

function sentenceIn(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? printable(value, { maxLength: LONGEST_SENTENCE }) : null;
}

function isState(value: unknown): value is ConsumerState {
  return typeof value === "string" && Object.hasOwn(STATES, value);
}
