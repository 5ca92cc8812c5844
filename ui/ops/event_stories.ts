/**
 * One line per job. A job that fails for good leaves half a dozen lines in the log, and a few of them would flood the
 * list: here the newest of its events stands for all, in shorter words. The job's own page tells the rest.
 */
import type { SystemState } from "./snapshot.ts";

type Event = SystemState["events"][number];

export interface Story {
  readonly at: number;
  readonly level: Event["level"];
  /** Null: it is about the system, not about a job. */
  readonly jobId: string | null;
  /** What happened, without the id. */
  readonly text: string;
  /** How many older lines of this job it stands for. */
  readonly earlier: number;
}

interface Reading {
  readonly jobId: string | null;
  readonly text: string;
}

/** The lines of the log as people grep for them; whatever is not among these is shown as it is. */
const LINES: readonly (readonly [RegExp, (words: readonly string[]) => string])[] = [
  [
    /^Attempt (\d+\/\d+) failed for (?<id>.+?): (.*)$/s,
    ([attempt, , why]) => `attempt ${attempt} failed: ${why}`,
  ],
  [/^Last attempt failed for (?<id>.+?): (.*)$/s, ([, why]) => `given up, every attempt failed: ${why}`],
  [/^Crash limit reached for (?<id>.+?): (.*)$/s, ([, why]) => `given up, too many crashes: ${why}`],
  [/^Gave up on (?<id>.+?): (.*)$/s, ([, why]) => `given up by its handler: ${why}`],
  [/^Returned job_id: (?<id>.+) \((.*)\)$/s, ([, why]) => `requeued: ${why}`],
  [
    /^Took job_id: (?<id>.+) from consumer (\S+), now (\w+)$/s,
    ([, , status]) => `taken from its consumer, now ${status}`,
  ],
  [/^Dropped a late result for (?<id>.+) of consumer (\S+): .*$/s, () => "late result dropped"],
  [/^(Canceled|Resubmitted) job_id: (?<id>.+)$/s, ([verb = ""]) => verb.toLowerCase()],
  [/^Marked job_id failed: (?<id>.+)$/s, () => "marked failed"],
];

/** Said beside the line that says why, and without an id. */
const ECHO = "Max retries reached, marked failed";

/** Characters of one line. */
const LONGEST = 300;

/** Both newest first. */
export function storiesOf(events: readonly Event[]): Story[] {
  const stories: Story[] = [];
  const placeOf = new Map<string, number>();
  for (const { at, level, text } of events) {
    if (text === ECHO) continue;
    const reading = read(text);
    const place = reading.jobId === null ? undefined : placeOf.get(reading.jobId);
    const newer = place === undefined ? undefined : stories[place];
    if (newer === undefined || place === undefined) {
      if (reading.jobId !== null) placeOf.set(reading.jobId, stories.length);
      stories.push({ at, level, ...reading, earlier: 0 });
    } else stories[place] = newer.text === "marked failed" ? { ...newer, ...reading } : older(newer);
  }
  return stories;
}

function older(story: Story): Story {
  return { ...story, earlier: story.earlier + 1 };
}

function read(text: string): Reading {
  for (const [pattern, inShort] of LINES) {
    const match = pattern.exec(text);
    if (match?.groups?.id !== undefined) {
      return { jobId: match.groups.id, text: cut(inShort(match.slice(1))) };
    }
  }
  return { jobId: null, text: cut(text) };
}

/** An error may be as long as a book: the page of its job tells it whole. */
function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
