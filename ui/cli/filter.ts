/** The options that choose jobs by what they are. */
import { isStatus, type JobFilter, nearest, printable, STATUSES } from "@persistent-queue/queue";
import { type CommandLine, type OptionRule, UsageError } from "./command.ts";

export const FILTER_OPTIONS = {
  status: { type: "string", value: "<status>", help: `only ${STATUSES.join(", ")}` },
  kind: { type: "string", value: "<kind>", help: "only jobs of this kind" },
  search: { type: "string", value: "<text>", help: "only jobs with this in their id" },
} as const satisfies Record<string, OptionRule>;

/** @throws {UsageError} for a status that does not exist */
export function filterOf(line: CommandLine): JobFilter {
  const given = line.text("status")?.toUpperCase().split(",") ?? [];
  const kind = line.text("kind");
  const search = line.text("search");
  const stranger = given.find((word) => !isStatus(word));
  if (stranger !== undefined) throw noSuchStatus(stranger);
  const [status, ...others] = given.filter(isStatus);
  return {
    ...(status === undefined ? {} : others.length === 0 ? { status } : { statuses: [status, ...others] }),
    ...(kind === undefined ? {} : { kind }),
    ...(search === undefined ? {} : { search }),
  };
}

function noSuchStatus(status: string): UsageError {
  const meant = nearest(status, STATUSES);
  const hint = meant === null ? `there are ${STATUSES.join(", ")}` : `did you mean ${meant}?`;
  return new UsageError(`There is no status "${printable(status, { maxLength: 60 })}"; ${hint}`);
}
