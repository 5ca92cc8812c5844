/** What PostgreSQL clients read from environment variables if the URL does not name it. */
import { POSTGRES_TLS_MODES } from "@persistent-queue/queue";
import { quoted } from "./setting.ts";
import type { Settings } from "./settings.ts";

const USER = "PGUSER";
const PASSWORD = "PGPASSWORD";
/** The driver does not know this variable, and would silently connect without TLS. */
const TLS = "PGSSLMODE";
const NO_USER = "names no user: for example postgres://user:password@db.example.com/jobs, or set PGUSER";

/** The variables besides the settings whose secrets only the supervisor needs, except those granted to handlers by name. */
export function secretVariables(
  { queueUrl, handlerAllow }: Pick<Settings, "queueUrl" | "handlerAllow">,
): string[] {
  return isOfPostgres(queueUrl) && !handlerAllow.env.includes(PASSWORD) ? [PASSWORD] : [];
}

/**
 * Adds the variables to the URL. This way the password can be kept away from handlers and from what they start. The
 * host, the port and the database come only from the URL.
 */
export function withVariables(queueUrl: string, env: Readonly<Record<string, string>>): string {
  if (!isOfPostgres(queueUrl)) return queueUrl;
  const { [USER]: user = "", [PASSWORD]: password = "", [TLS]: mode = "" } = env;
  const url = new URL(queueUrl);
  if (url.username === "") url.username = encodeURIComponent(user);
  if (url.password === "") url.password = encodeURIComponent(password);
  if (mode !== "" && !url.searchParams.has("sslmode")) url.searchParams.set("sslmode", mode);
  return url.href;
}

/** Returns what is wrong with the variables, if they apply. `setting`: the name of the setting with the URL. */
export function misreadVariables(
  queueUrl: string,
  env: Readonly<Record<string, string>>,
  setting = "QUEUE_URL",
): string[] {
  if (!isOfPostgres(queueUrl)) return [];
  const { [USER]: user = "", [TLS]: mode = "" } = env;
  const { username, searchParams } = new URL(queueUrl);
  const hasMode = mode === "" || searchParams.has("sslmode") || POSTGRES_TLS_MODES.includes(mode);
  return [
    ...username + user === "" ? [`${setting} ${NO_USER}`] : [],
    ...hasMode ? [] : [
      `${TLS} is ${quoted(mode)}, but must be one of ${POSTGRES_TLS_MODES.join(", ")}, ` +
      `for example ${TLS}=require`,
    ],
  ];
}

function isOfPostgres(queueUrl: string): boolean {
  return /^\s*postgres(ql)?:/i.test(queueUrl) && URL.canParse(queueUrl);
}
