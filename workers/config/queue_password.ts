import type { Settings } from "./settings.ts";

/** Every client of PostgreSQL takes the password from there that its URL does not name. */
const VARIABLE = "PGPASSWORD";

/** The variables, beside the settings, whose secrets only the supervisor needs: not those that handlers are given by name. */
export function secretVariables(
  { queueUrl, handlerAllow }: Pick<Settings, "queueUrl" | "handlerAllow">,
): string[] {
  return isOfPostgres(queueUrl) && !handlerAllow.env.includes(VARIABLE) ? [VARIABLE] : [];
}

/** The URL with the password: so it can be kept out of the reach of handlers and of what they start. */
export function withPassword(queueUrl: string, env: Readonly<Record<string, string>>): string {
  const { [VARIABLE]: password = "" } = env;
  if (password === "" || !isOfPostgres(queueUrl)) return queueUrl;
  const url = new URL(queueUrl);
  if (url.password === "") url.password = encodeURIComponent(password);
  return url.href;
}

function isOfPostgres(queueUrl: string): boolean {
  return /^postgres(ql)?:/.test(queueUrl) && URL.canParse(queueUrl);
}
