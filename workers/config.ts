/**
 * The settings: read once from the environment and `.env`, checked, frozen.
 * All problems are reported at once. An empty value counts as unset.
 */
import { ConfigurationError } from "./config/configuration_error.ts";
import { checkTogether } from "./config/cross_rules.ts";
import { parseDotenv } from "./config/dotenv.ts";
import { NOTHING_ALLOWED, parseHandlerAllow } from "./config/handler_allow.ts";
import { hostNames, networks, publicUrl } from "./config/reach.ts";
import { queueUrl } from "./config/queue_url.ts";
import { DEFAULT_PASSWORD, isTokenAccepted } from "./config/public_rules.ts";
import { misspeltInEnvironment, unknownInDotenv } from "./config/setting_names.ts";
import { SettingReader } from "./config/setting_reader.ts";
import type { SettingSources } from "./config/load_settings.ts";
import { LOG_LEVELS, type Settings } from "./config/settings.ts";

export { ConfigurationError } from "./config/configuration_error.ts";
export { isLoopback } from "./config/public_rules.ts";
export type { MachineFacts } from "./config/machine_rules.ts";
export type { HandlerAllow } from "./config/handler_allow.ts";
export { SETTING_NAMES, type SettingName } from "./config/setting_names.ts";
export { LOG_LEVELS, type LogLevel, type Settings } from "./config/settings.ts";

const DAY_MS = 86_400_000;

/**
 * @param sources The environment, which wins; the text of `.env`, or null if there is none; and the folder
 * that relative paths start from, the current one unless given. @throws {ConfigurationError} with every
 * problem
 */
export function readSettings(
  { env, dotenv, startDir = Deno.cwd(), bindAddress, machine }:
    & Pick<SettingSources, "env" | "dotenv">
    & Partial<SettingSources>,
): Settings {
  const { values: file, problems: inFile } = parseDotenv(dotenv ?? "");
  const reader = new SettingReader({ ...file, ...withoutEmpty(env) }, startDir);
  const each = readEach(reader);
  const settings = { ...each, bindAddress: bindAddress ?? each.host, handlerEnv: {} };
  const warnings = [
    ...checkTogether(settings, reader, machine),
    ...file.MANAGER_PASSWORD ? [] : emptySecrets(env, "the environment"),
  ];
  const forHandlers = settings.handlerAllow.env;
  const problems = [
    ...inFile,
    ...env.MANAGER_PASSWORD ? [] : emptySecrets(file, ".env"),
    ...unknownInDotenv(Object.keys(file), forHandlers),
    ...misspeltInEnvironment(Object.keys(env).filter((name) => !forHandlers.includes(name))),
    ...reader.problems,
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const handlerEnv = Object.freeze(pick(file, forHandlers));
  const apiToken = isTokenAccepted(settings) ? settings.apiToken : null;
  return Object.freeze({ ...settings, apiToken, handlerEnv, warnings: Object.freeze(warnings) });
}

function readEach(reader: SettingReader): Omit<Settings, "warnings" | "handlerEnv" | "bindAddress"> {
  const handlerAllow = reader.text("HANDLER_ALLOW");
  const filesPrefix = reader.folder("FILES_DIR", "data/files");
  const managerPassword = reader.text("MANAGER_PASSWORD") ?? DEFAULT_PASSWORD;
  return {
    startDir: reader.startDir,
    queueUrl: queueUrl(reader, "QUEUE_URL"),
    consumers: reader.wholeNumber("CONSUMERS", { otherwise: 10, min: 1, max: 1000 }),
    consumerMemoryMb: reader.wholeNumber("CONSUMER_MEMORY_MB", { otherwise: 512, min: 32, max: 65_536 }),
    producerIntervalMs: reader.wholeNumber("PRODUCER_INTERVAL_MS", { otherwise: 5000, min: 0, max: DAY_MS }),
    filesDir: reader.absolute(filesPrefix),
    filesPrefix,
    workMs: reader.wholeNumber("WORK_MS", { otherwise: 4000, min: 0, max: DAY_MS }),
    heartbeatMs: reader.wholeNumber("HEARTBEAT_MS", { otherwise: 1000, min: 10, max: DAY_MS }),
    sweepMs: reader.wholeNumber("SWEEP_MS", { otherwise: 10_000, min: 10, max: DAY_MS }),
    stallMs: reader.wholeNumber("STALL_MS", { otherwise: 30_000, min: 20, max: 7 * DAY_MS }),
    retryDelaysMs: Object.freeze(
      reader.wholeNumbers("RETRY_DELAYS_MS", { otherwise: [1000, 2000, 4000], max: 7 * DAY_MS }),
    ),
    crashLimit: reader.wholeNumber("CRASH_LIMIT", { otherwise: 3, min: 1, max: 1000 }),
    managerPassword,
    apiToken: reader.token("API_TOKEN"),
    host: reader.host("HOST", "127.0.0.1"),
    managerPort: reader.wholeNumber("MANAGER_PORT", { otherwise: 8501, min: 0, max: 65_535 }),
    opsPort: reader.wholeNumber("OPS_PORT", { otherwise: 8502, min: 0, max: 65_535 }),
    publicUrl: publicUrl(reader, "PUBLIC_URL"),
    opsPublicUrl: publicUrl(reader, "OPS_PUBLIC_URL"),
    allowedHosts: hostNames(reader, "ALLOWED_HOSTS"),
    trustedProxies: networks(reader, "TRUSTED_PROXIES"),
    logDir: reader.absolute(reader.folder("LOG_DIR", "logs")),
    logLevel: reader.oneOf("LOG_LEVEL", LOG_LEVELS, "info"),
    retentionDays: reader.wholeNumber("RETENTION_DAYS", { otherwise: 7, min: 0, max: 36_500 }),
    handlerAllow: handlerAllow === null
      ? NOTHING_ALLOWED
      : parseHandlerAllow(handlerAllow, (problem) => reader.reject("HANDLER_ALLOW", problem)),
    handlersDir: reader.text("HANDLERS_DIR") === null
      ? null
      : reader.absolute(reader.folder("HANDLERS_DIR", "workers/handlers")),
    // A password other than the default means real work, which a demonstration must not interrupt.
    faultInjection: reader.isOn("FAULT_INJECTION", managerPassword === DEFAULT_PASSWORD),
  };
}

/** An empty value was meant to set it, so the default, which is public, must not silently take its place. */
function emptySecrets({ MANAGER_PASSWORD }: Readonly<Record<string, string>>, where: string): string[] {
  if (MANAGER_PASSWORD !== "") return [];
  return [
    `MANAGER_PASSWORD in ${where} is empty, so the password would be the default, ${DEFAULT_PASSWORD}: set one, or ` +
    "remove the name",
  ];
}

function withoutEmpty(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

function pick(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
