/** The options that filter jobs. */
import { isStatus, type JobFilter, nearest, printable, STATUSES } from "@persistent-queue/queue";
import { parseSince } from "../api/due_time.ts";
import { type CommandLine, type OptionRule, UsageError } from "./command.ts";

export const FILTER_OPTIONS = {
  status: { type: "string", value: "<status>", help: `only ${STATUSES.join(", ")}` },
  kind: { type: "string", value: "<kind>", help: "only jobs of this kind" },
  search: { type: "string", value: "<text>", help: "only jobs with this in their id" },
  due: { type: "string", value: "<when>", help: "only PENDING jobs that are due: now, or later" },
  "changed-since": {
    type: "string",
    value: "<span>",
    help: "only jobs changed within 15m, 2h, 3d, or since a time",
  },
} as const satisfies Record<string, OptionRule>;

/**
 * Returns the filter for a moment by the clock of the queue, which is open only later.
 * @throws {UsageError} for a status that does not exist
 */
export function filterOf(line: CommandLine): (now: number) => JobFilter {
  const given = line.text("status")?.toUpperCase().split(",") ?? [];
  const kind = line.text("kind");
  const search = line.text("search");
  const stranger = given.find((word) => !isStatus(word));
  if (stranger !== undefined) throw noSuchStatus(stranger);
  const [status, ...others] = given.filter(isStatus);
  const filter = {
    ...(status === undefined ? {} : others.length === 0 ? { status } : { statuses: [status, ...others] }),
    ...(kind === undefined ? {} : { kind }),
    ...(search === undefined ? {} : { search }),
    ...dueOf(line, given),
  };
  const changedSince = changedSinceOf(line);
  return (now) => changedSince === null ? filter : { ...filter, changedSince: changedSince(now) };
}

/** Only PENDING jobs wait until they are due. */
function dueOf(line: CommandLine, statuses: readonly string[]): Pick<JobFilter, "status" | "due"> {
  const due = line.text("due");
  if (due === undefined) return {};
  if (due !== "now" && due !== "later") throw new UsageError("--due is now or later.");
  if (statuses.some((status) => status !== "PENDING")) {
    throw new UsageError(
      "Only PENDING jobs are due now or later: --due goes with that status, or with none.",
    );
  }
  return { status: "PENDING", due };
}

function changedSinceOf(line: CommandLine): ((now: number) => number) | null {
  const text = line.text("changed-since");
  if (text === undefined) return null;
  const since = parseSince(text);
  if ("at" in since) return since.at;
  throw new UsageError(`--changed-since ${since.problem}, or a span such as 15m, 2h or 3d`);
}

function noSuchStatus(status: string): UsageError {
  const meant = nearest(status, STATUSES);
  const hint = meant === null ? `there are ${STATUSES.join(", ")}` : `did you mean ${meant}?`;
  return new UsageError(`There is no status "${printable(status, { maxLength: 60 })}"; ${hint}`);
}
