/** Environment variables of PostgreSQL's clients that the driver ignores, or handles differently. */
import process from "node:process";

/** The driver ignores it, and would silently connect without TLS. */
const TLS = "PGSSLMODE";
/** The driver throws at `any`, and `standby` makes it wait for a server that a queue, which writes, cannot use. */
const SESSION = "PGTARGETSESSIONATTRS";

/** The URL completed with these variables; its own parameters win. A text that is not a URL is returned as it is. */
export function withVariables(text: string): string {
  if (!URL.canParse(text.trim())) return text;
  const url = new URL(text.trim());
  const { [TLS]: mode = "", [SESSION]: attributes = "" } = process.env;
  const fill = (name: string, value: string) =>
    url.searchParams.has(name) || url.searchParams.set(name, value);
  if (mode !== "") fill("sslmode", mode);
  if (attributes !== "") fill("target_session_attrs", "read-write");
  return url.href;
}
