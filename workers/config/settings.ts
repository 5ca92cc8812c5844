/**
 * Every setting, once: the names, types, defaults, limits and the rows of `docs/settings.md` all follow from this table.
 */
import { DAY_MS, QUEUE_DEFAULTS } from "@persistent-queue/queue";
import { LOG_LEVELS } from "../log_file.ts";
import { handlerAllow } from "./handler_allow.ts";
import { absoluteFolder, folder, folderIfSet, queueUrl } from "./paths.ts";
import { host, hostNames, networks, publicUrl } from "./reach.ts";
import { DEFAULT_PASSWORD, password, token } from "./secrets.ts";
import { delays, milliseconds, oneOf, onOrOff, type Setting, wholeNumber } from "./setting.ts";

const ANY_FREE_PORT = { min: 0, max: 65_535 };

/** Keyed by the property under which the rest of the system reads the value. */
export const SETTINGS = {
  queueUrl: queueUrl("QUEUE_URL", {
    means: "where the queue is stored; a path may be relative or absolute",
  }),
  consumers: wholeNumber("CONSUMERS", {
    ...{ fallback: 10, min: 1, max: 1000 },
    means: "how many threads work on jobs; each takes about 13 MB and 8 open files",
  }),
  consumerMemoryMb: wholeNumber("CONSUMER_MEMORY_MB", {
    ...{ fallback: 512, min: 32, max: 65_536 },
    means: "the heap limit of each consumer; a job that needs more kills its thread",
  }),
  producerIntervalMs: milliseconds("PRODUCER_INTERVAL_MS", {
    ...{ fallback: 5000, min: 0, maxDays: 1 },
    means: "how often the producer adds a sample job; 0 = no producer",
  }),
  /** The folder as given, which is the prefix of the ids of file jobs. */
  filesPrefix: folder("FILES_DIR", {
    fallback: "data/files",
    means: "the folder for the files of the sample jobs; it must hold nothing else",
  }),
  workMs: milliseconds("WORK_MS", {
    ...{ fallback: 4000, min: 0, maxDays: 1 },
    means: "how long a sample job runs, so that you can watch it",
  }),
  heartbeatMs: milliseconds("HEARTBEAT_MS", {
    ...{ fallback: 1000, min: 10, maxDays: 1 },
    means: "how often each consumer sends a heartbeat",
  }),
  sweepMs: milliseconds("SWEEP_MS", {
    ...{ fallback: 10_000, min: 10, maxDays: 1 },
    means: "how often the sweep looks for stalled jobs",
  }),
  stallMs: milliseconds("STALL_MS", {
    ...{ fallback: QUEUE_DEFAULTS.stallMs, min: 20, maxDays: 7 },
    means: "a job whose heartbeat is older than this is stalled; must be more than twice `HEARTBEAT_MS`",
  }),
  retryDelaysMs: delays("RETRY_DELAYS_MS", {
    ...{ fallback: QUEUE_DEFAULTS.retryDelaysMs, maxDays: 7 },
    means: "the wait before each retry, so as many retries as delays; `none` = no retries",
  }),
  crashLimit: wholeNumber("CRASH_LIMIT", {
    ...{ fallback: QUEUE_DEFAULTS.crashLimit, min: 1, max: 1000 },
    means: "a job that has taken down its worker this many times becomes `UNPROCESSABLE`",
  }),
  stopMs: milliseconds("STOP_MS", {
    ...{ fallback: 5000, min: 0, maxDays: 1 },
    means: "how long running jobs may take to finish when the system stops; the rest run again later",
  }),
  managerPassword: password("MANAGER_PASSWORD", {
    means: "the password of both pages; set your own before others can reach them",
  }),
  /** Null = session cookie only. */
  apiToken: token("API_TOKEN", {
    means: "the bearer token of [the HTTP API](api.md)",
  }),
  /** An IPv6 address has no brackets. */
  host: host("HOST", {
    fallback: "127.0.0.1",
    means: "the address or host name that both pages listen on",
  }),
  managerPort: wholeNumber("MANAGER_PORT", {
    ...{ fallback: 8501, ...ANY_FREE_PORT },
    means: "the port of the Manager; 0 = any free port",
  }),
  opsPort: wholeNumber("OPS_PORT", {
    ...{ fallback: 8502, ...ANY_FREE_PORT },
    means: "the port of Ops; must differ from `MANAGER_PORT`",
  }),
  /** How browsers reach the Manager, without a trailing slash; null = at the address that it is bound to. */
  publicUrl: publicUrl("PUBLIC_URL", {
    means: "the address of the Manager in a browser: `https://queue.example.com/jobs`",
  }),
  opsPublicUrl: publicUrl("OPS_PUBLIC_URL", {
    means: "the address of Ops in a browser",
  }),
  allowedHosts: hostNames("ALLOWED_HOSTS", {
    means: "further host names that requests may use: `queue,queue.internal`",
  }),
  trustedProxies: networks("TRUSTED_PROXIES", {
    means: "proxies whose `X-Forwarded-For` and `-Proto` are trusted: `127.0.0.1,172.16.0.0/12`",
  }),
  logDir: absoluteFolder("LOG_DIR", {
    fallback: "logs",
    means: "the folder for the logs",
  }),
  logLevel: oneOf("LOG_LEVEL", {
    ...{ choices: LOG_LEVELS, fallback: "info" },
    means: "how much is logged",
  }),
  retentionDays: wholeNumber("RETENTION_DAYS", {
    ...{ fallback: QUEUE_DEFAULTS.retentionMs / DAY_MS, min: 0, max: 36_500 },
    means: "finished jobs older than this are removed; 0 = keep all",
  }),
  handlerAllow: handlerAllow("HANDLER_ALLOW", {
    means: "what your handlers may do: `net=api.example.com env=SMTP_URL`",
  }),
  /** The folder of a team's own handlers; null = the one in this checkout. */
  handlersDir: folderIfSet("HANDLERS_DIR", {
    fallback: QUEUE_DEFAULTS.handlersDir,
    means:
      "the folder with the handlers: [a folder of your own project](handlers.md#packages-and-modules-of-your-own)",
  }),
  faultInjection: onOrOff("FAULT_INJECTION", {
    // A password other than the default suggests real work, which a demonstration must not interrupt.
    isOnByDefault: ({ textOf }) => (textOf("MANAGER_PASSWORD") ?? DEFAULT_PASSWORD) === DEFAULT_PASSWORD,
    defaultText: `\`on\` with \`${DEFAULT_PASSWORD}\`, else \`off\``,
    means: "whether users may crash or hang a consumer to see what happens",
  }),
} as const satisfies Readonly<Record<string, Setting>>;

export const SETTING_NAMES: readonly SettingName[] = Object.values(SETTINGS).map(({ name }) => name);

export type SettingName = typeof SETTINGS[keyof typeof SETTINGS]["name"];

/** The value of each setting's text. */
export type SettingValues = {
  readonly [Property in keyof typeof SETTINGS]: ReturnType<typeof SETTINGS[Property]["parse"]>;
};

/** The settings as the rest of the system reads them: their values, and what follows from those. */
export interface Settings extends SettingValues {
  /** The folder in which the system was started. All other paths are absolute, whatever folder the process moves to. */
  readonly startDir: string;
  /** The path of `.env`, or of its target if it is a link. */
  readonly dotenvFile: string;
  /** FILES_DIR as an absolute path. */
  readonly filesDir: string;
  /** HOST itself if it is an address; otherwise the address that it resolves to, once looked up. */
  readonly bindAddress: string;
  /** Variables that only `.env` holds for the handlers (`HANDLER_ALLOW="env=…"`), to be added to the environment. */
  readonly handlerEnv: Readonly<Record<string, string>>;
  /** A sentence for each value that is allowed but probably not intended. */
  readonly warnings: readonly string[];
}
