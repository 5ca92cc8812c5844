/** `jobs stats`: how many jobs there are of each status. */
import { EXIT, type QueueStats, STATUSES } from "@persistent-queue/queue";
import { columns } from "./columns.ts";
import { type Command, UsageError } from "./command.ts";
import { span } from "./moment.ts";

export const stats: Command = {
  words: "",
  summary: "count the jobs of each status",
  options: {},
  examples: ["stats", "stats --json"],
  prepare({ line, io, json }) {
    if (line.words.length > 0) throw new UsageError("stats takes no ids.");
    return Promise.resolve(async (queue) => {
      const answer = await queue.stats();
      // Rates are known to the running system alone: this process has only just begun.
      if (json) {
        io.print(JSON.stringify({ counts: answer.counts, stalled: answer.stalled, age_ms: answer.ageMs }));
      } else io.print(asText(answer));
      return EXIT.done;
    });
  },
};

function asText({ counts, stalled, ageMs }: QueueStats): string {
  const width = Math.max(...STATUSES.map((status) => String(counts[status]).length));
  const table = columns(STATUSES.map((status) => [status, String(counts[status]).padStart(width)]));
  return [
    table,
    ...(stalled === 0 ? [] : [`Stalled, of those that are PROCESSING: ${stalled}.`]),
    ...(ageMs < 1000 ? [] : [`The longest wait is ${span(ageMs)}.`]),
  ].join("\n");
}
