import { authoritiesOf, hostnameOf } from "./host_guard.ts";

/**
 * The origin of the other page, under the name by which the visitor came here: `http://localhost:8502`.
 * Null when nobody said where it listens, or when the visitor named no port: then a proxy stands between, and only
 * its keeper knows the address.
 */
export function otherPage(request: Request, port: number | undefined): string | null {
  const [authority] = authoritiesOf(request);
  const name = hostnameOf(authority);
  if (port === undefined || name === null || !/:\d+$/.test(authority)) return null;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
