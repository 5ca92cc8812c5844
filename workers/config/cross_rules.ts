/** Rules that relate settings to each other, or to what the machine has. */
import { checkHandlerAllow, openDatabaseWarnings } from "./handler_allow.ts";
import { checkPlaces } from "./place_rules.ts";
import { checkSecrets, plainHttpWarnings, shortSecretWarnings } from "./public_rules.ts";
import { SETTINGS, type Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

/** Null if it cannot be determined. */
export interface MachineFacts {
  /** The memory of the machine, or the limit of the container if it is lower, in megabytes. */
  readonly memoryMb: number | null;
  /** Whether the database is on a file system that is emptied when the machine restarts. */
  readonly databaseIsInMemory: boolean | null;
}

/** The memory of the process without the heaps of its consumers: the pages, the database, the producer. */
const BASE_MB = 150;
const MIN_MB = 32;

type Wanted = Pick<Settings, "consumers" | "consumerMemoryMb" | "queueUrl">;

export function checkTogether(
  settings: Omit<Settings, "warnings">,
  reader: SettingReader,
  machine?: MachineFacts,
): string[] {
  checkTimes(settings, reader);
  checkPorts(settings, reader);
  checkSecrets(settings, reader);
  checkPlaces(settings, reader);
  checkHandlerAllow(settings, reader);
  const ofMachine = machine === undefined ? [] : checkMachine(settings, machine, reader);
  return [
    ...shortSecretWarnings(settings),
    ...plainHttpWarnings(settings),
    ...openDatabaseWarnings(settings),
    ...sweepWarnings(settings),
    ...ofMachine,
  ];
}

function checkTimes({ stallMs, heartbeatMs }: Omit<Settings, "warnings">, reader: SettingReader): void {
  if (stallMs > 2 * heartbeatMs || !reader.areSound("STALL_MS", "HEARTBEAT_MS")) return;
  reader.reject(
    "STALL_MS",
    `STALL_MS is ${stallMs} with HEARTBEAT_MS=${heartbeatMs}, but must be more than twice as long, or healthy jobs ` +
      `are taken away, for example STALL_MS=${heartbeatMs * 30}`,
  );
}

function checkPorts({ managerPort, opsPort }: Omit<Settings, "warnings">, reader: SettingReader): void {
  if (managerPort !== opsPort || managerPort === 0 || !reader.areSound("MANAGER_PORT", "OPS_PORT")) return;
  reader.reject(
    "OPS_PORT",
    `MANAGER_PORT and OPS_PORT are both ${managerPort}, but must differ, for example ` +
      `MANAGER_PORT=${SETTINGS.managerPort.defaultText} and OPS_PORT=${SETTINGS.opsPort.defaultText}`,
  );
}

function sweepWarnings({ sweepMs, stallMs }: Omit<Settings, "warnings">): string[] {
  if (sweepMs <= stallMs) return [];
  return [
    `SWEEP_MS is ${sweepMs} with STALL_MS=${stallMs}: a stalled job waits for up to ${
      sweepMs + stallMs
    } ms; ` +
    `SWEEP_MS should be at most STALL_MS`,
  ];
}

/** Returns warnings; settings that cannot work at all are rejected. */
function checkMachine(
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
    ...each >= MIN_MB ? [`CONSUMER_MEMORY_MB=${each}`] : [],
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
    }, or jobs that use all they are allowed may end the whole process`,
  ];
}
