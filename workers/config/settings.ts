/** The settings, as the rest of the system reads them. */
import type { HandlerAllow } from "./handler_allow.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = typeof LOG_LEVELS[number];

/** Times in milliseconds unless the name says otherwise. */
export interface Settings {
  /** The folder of the start. All other paths are absolute, and stay valid if the process moves elsewhere. */
  readonly startDir: string;
  readonly queueUrl: string;
  /** Threads, 1–256. */
  readonly consumers: number;
  /** The heap limit of one consumer, in megabytes. */
  readonly consumerMemoryMb: number;
  /** 0 = no producer. */
  readonly producerIntervalMs: number;
  readonly filesDir: string;
  /** The same folder as it was given: the prefix of the ids of file jobs. */
  readonly filesPrefix: string;
  readonly workMs: number;
  readonly heartbeatMs: number;
  readonly sweepMs: number;
  readonly stallMs: number;
  /** As many retries as delays. */
  readonly retryDelaysMs: readonly number[];
  readonly crashLimit: number;
  readonly managerPassword: string;
  /** null = session cookie only. */
  readonly apiToken: string | null;
  /** An IPv6 address is without brackets. */
  readonly host: string;
  /** HOST itself if it is an address; otherwise the address it resolves to, once it is looked up. */
  readonly bindAddress: string;
  /** 0 = any free one. */
  readonly managerPort: number;
  readonly opsPort: number;
  /**
   * How browsers reach the Manager, without a trailing slash: `https://queue.example.com/jobs`; null = as it
   * is bound.
   */
  readonly publicUrl: string | null;
  /** The same for Ops. */
  readonly opsPublicUrl: string | null;
  /** Further host names that requests may use. */
  readonly allowedHosts: readonly string[];
  /** Addresses and networks (`172.16.0.0/12`) whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies: readonly string[];
  readonly logDir: string;
  readonly logLevel: LogLevel;
  /** 0 = keep all. */
  readonly retentionDays: number;
  readonly handlerAllow: HandlerAllow;
  /** The folder of a team's own handlers; null = those in this checkout. */
  readonly handlersDir: string | null;
  /** Whether users may crash or hang a consumer to see the recovery. */
  readonly faultInjection: boolean;
  /** Variables that `.env` holds for the handlers (`HANDLER_ALLOW="env=…"`), to be put into the environment. */
  readonly handlerEnv: Readonly<Record<string, string>>;
  /** One sentence for each value that is allowed but probably not intended. */
  readonly warnings: readonly string[];
}
