/** Rules that relate one setting to another. */
import { checkMachine, type MachineFacts } from "./machine_rules.ts";
import { checkPlaces } from "./place_rules.ts";
import { checkSecrets, plainHttpWarnings, shortSecretWarnings } from "./public_rules.ts";
import { SETTINGS, type Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

export function checkTogether(
  settings: Omit<Settings, "warnings">,
  reader: SettingReader,
  machine?: MachineFacts,
): string[] {
  checkTimes(settings, reader);
  checkPorts(settings, reader);
  checkSecrets(settings, reader);
  checkPlaces(settings, reader);
  const ofMachine = machine === undefined ? [] : checkMachine(settings, machine, reader);
  return [
    ...shortSecretWarnings(settings),
    ...plainHttpWarnings(settings),
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
    `SWEEP_MS is better at most STALL_MS`,
  ];
}
