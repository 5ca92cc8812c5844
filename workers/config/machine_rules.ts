/** What the settings need, against what the machine has. */
import type { Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

/** Null where it cannot be determined. */
export interface MachineFacts {
  /** Of the machine, or of the container if its limit is lower, in megabytes. */
  readonly memoryMb: number | null;
  /** Whether the database lies on a file system that is emptied when the machine restarts. */
  readonly databaseIsInMemory: boolean | null;
}

/** The process without the heaps of its consumers: the pages, the database, the producer. */
const BASE_MB = 150;
const LEAST_MB = 32;

type Wanted = Pick<Settings, "consumers" | "consumerMemoryMb" | "queueUrl">;

/** Returns warnings; settings that cannot work at all are rejected. */
export function checkMachine(
  settings: Wanted,
  { memoryMb, databaseIsInMemory }: MachineFacts,
  reader: SettingReader,
): string[] {
  const inMemory = databaseIsInMemory
    ? [
      `The database ${
        settings.queueUrl.slice("sqlite:".length)
      } lies in memory (tmpfs), so every job is lost when the ` +
      "machine restarts: set QUEUE_URL to a place on a disk",
    ]
    : [];
  return [...inMemory, ...memoryMb === null ? [] : checkMemory(settings, memoryMb, reader)];
}

function checkMemory(
  { consumers, consumerMemoryMb }: Wanted,
  memoryMb: number,
  reader: SettingReader,
): string[] {
  const forConsumers = memoryMb - BASE_MB;
  const wantedMb = consumers * consumerMemoryMb;
  if (wantedMb <= forConsumers) return [];
  const each = Math.floor(forConsumers / consumers);
  const fitting = Math.floor(forConsumers / consumerMemoryMb);
  const advice = [
    ...each >= LEAST_MB ? [`CONSUMER_MEMORY_MB=${each}`] : [],
    ...fitting >= 1 ? [`CONSUMERS=${fitting}`] : [],
  ];
  const promise = `CONSUMER_MEMORY_MB is ${consumerMemoryMb}, so ${consumers} ${
    consumers === 1 ? "consumer" : "consumers"
  } may take ${wantedMb} MB, but this machine has ${memoryMb} MB, ${BASE_MB} of them for the rest of the system: `;
  if (fitting < 1 && reader.isSet("CONSUMER_MEMORY_MB")) {
    reader.reject("CONSUMER_MEMORY_MB", `${promise}set ${advice[0] ?? "fewer CONSUMERS, and less for each"}`);
    return [];
  }
  return [
    `${promise}set ${
      advice.join(" or ") || "CONSUMERS=1"
    }, or jobs that take all they may end the whole process`,
  ];
}
