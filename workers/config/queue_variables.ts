/** What clients of PostgreSQL take from variables where their URL does not name it. */
import type { Settings } from "./settings.ts";

const PASSWORD = "PGPASSWORD";
/** The driver does not know it, and would connect without TLS and without a word. */
const TLS = "PGSSLMODE";

/** The variables, beside the settings, whose secrets only the supervisor needs: not those that handlers are given by name. */
export function secretVariables(
  { queueUrl, handlerAllow }: Pick<Settings, "queueUrl" | "handlerAllow">,
): string[] {
  return isOfPostgres(queueUrl) && !handlerAllow.env.includes(PASSWORD) ? [PASSWORD] : [];
}

/** The URL with these: so the password can be kept out of the reach of handlers and of what they start. */
export function withVariables(queueUrl: string, env: Readonly<Record<string, string>>): string {
  const { [PASSWORD]: password = "", [TLS]: mode = "" } = env;
  if (password + mode === "" || !isOfPostgres(queueUrl)) return queueUrl;
  const url = new URL(queueUrl);
  if (url.password === "") url.password = encodeURIComponent(password);
  if (mode !== "" && !url.searchParams.has("sslmode")) url.searchParams.set("sslmode", mode);
  return url.href;
}

function isOfPostgres(queueUrl: string): boolean {
  return /^postgres(ql)?:/.test(queueUrl) && URL.canParse(queueUrl);
}
