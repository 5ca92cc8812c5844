/** Every route of both servers, with a good request for it. A route without a line here turns a test red. */
import type { Ask, TestPages } from "./open_pages.ts";

export interface Line {
  readonly server: "manager" | "ops";
  /** As the app names it. */
  readonly route: string;
  readonly path: string;
  /**
   * Who is let in: every client, under any host name or only under those of the server; visitors with a session, while
   * others are sent to the login; or scripts too, by their token.
   */
  readonly access: "probe" | "open" | "page" | "script";
  /** The status of the response to a good request. */
  readonly good: number;
  /** JSON or a form; none for what only reads. */
  readonly json?: string;
  readonly form?: string;
  /** How large a body may be, in bytes; where none is given nothing of it is read. */
  readonly limit?: number;
}

const ONE_JOB = 1024 * 1024 + 16 * 1024;
const FORM = 4 * 1024 * 1024;

function pages(server: Line["server"], ...paths: string[]): Line[] {
  return paths.map((path) => ({ server, route: `GET ${bare(path)}`, path, access: "page", good: 200 }));
}

function forms(...lines: [path: string, form: string][]): Line[] {
  return lines.map(([path, form]) => {
    return {
      server: "manager",
      route: `POST ${path}`,
      path,
      access: "page",
      good: 303,
      form,
      limit: FORM,
    };
  });
}

function open(server: Line["server"]): Line[] {
  const shared = { server, access: "open" } as const;
  return [
    ...["/healthz", "/live", "/ready"].flatMap((path) =>
      ["GET", "OPTIONS"].map((method): Line => {
        return { server, access: "probe", route: `${method} ${path}`, path, good: 200 };
      })
    ),
    { ...shared, route: "GET /static/:name", path: "/static/app.css", good: 200 },
    { ...shared, route: "GET /login", path: "/login", good: 200 },
    // An empty password is no guess, so it costs no time and slows no address down.
    { ...shared, route: "POST /login", path: "/login", good: 401, form: "password=", limit: 16 * 1024 },
    { ...shared, route: "POST /logout", path: "/logout", good: 303, form: "" },
  ];
}

function scripts(
  server: Line["server"],
  ...lines: Pick<Line, "route" | "path" | "good" | "json" | "limit">[]
): Line[] {
  return lines.map((line) => ({ server, access: "script", ...line }));
}

export const LINES: readonly Line[] = [
  ...open("manager"),
  ...scripts(
    "manager",
    { route: "GET /api/jobs", path: "/api/jobs", good: 200 },
    { route: "GET /api/jobs.csv", path: "/api/jobs.csv", good: 200 },
    { route: "GET /api/stats", path: "/api/stats", good: 200 },
    { route: "GET /api/jobs/:id{[^]+}", path: "/api/jobs/kept", good: 200 },
    { route: "GET /events", path: "/events", good: 200 },
    {
      route: "POST /api/jobs",
      path: "/api/jobs",
      good: 200,
      json: '{"id":"kept","kind":"mail"}',
      limit: ONE_JOB,
    },
    {
      route: "POST /api/jobs/resubmit",
      path: "/api/jobs/resubmit",
      good: 409,
      json: '{"ids":["kept"]}',
      limit: ONE_JOB,
    },
    {
      route: "POST /api/jobs/cancel",
      path: "/api/jobs/cancel",
      good: 404,
      json: '{"ids":["none"]}',
      limit: ONE_JOB,
    },
    { route: "POST /api/sweep", path: "/api/sweep", good: 200, json: "{}" },
    { route: "POST /api/consumers/:id/crash", path: "/api/consumers/none/crash", good: 404, json: "{}" },
    { route: "POST /api/consumers/:id/hang", path: "/api/consumers/none/hang", good: 404, json: "{}" },
  ),
  ...pages(
    "manager",
    "/",
    "/job?id=kept",
    "/consumers",
    "/view/list",
    "/view/job?id=kept",
    "/view/consumers",
    "/add",
  ),
  ...pages("manager", "/confirm?verb=cancel", "/consumers/crash", "/consumers/hang"),
  ...forms(
    ["/resubmit", "id=kept"],
    ["/cancel", "id=none"],
    ["/all", "verb=cancel&kind=none"],
    ["/all/stop", "number=0"],
    ["/sweep", ""],
    ["/consumers/crash", "id=none"],
    ["/consumers/hang", "id=none"],
  ),
  { ...forms(["/add", "kind=mail&id=kept"])[0] as Line, good: 303 },
  ...open("ops"),
  ...pages("ops", "/"),
  ...scripts("ops", { route: "GET /metrics", path: "/metrics", good: 200 }, {
    route: "GET /events",
    path: "/events",
    good: 200,
  }),
];

function bare(path: string): string {
  return path.split("?")[0] ?? path;
}

/** Where others can reach it. */
export const OUTSIDE = { host: "0.0.0.0" };

/** Jobs that the good requests speak of. */
export async function prepare({ queue }: TestPages): Promise<void> {
  await queue.add([{ id: "kept", kind: "mail" }]);
}

/** Sends the good request, with what is given beside it, and discards the body of the response. */
export async function askFor(
  pages: TestPages,
  line: Line,
  { headers, ...init }: Ask = {},
): Promise<Response> {
  const [method = ""] = line.route.split(" ");
  const type = line.json === undefined ? "application/x-www-form-urlencoded" : "application/json";
  const body = line.json ?? line.form;
  const ask = line.server === "manager" ? pages.ask : pages.askOps;
  const response = await ask(line.path, {
    method,
    ...(body === undefined ? {} : { body }),
    ...init,
    headers: {
      ...(body === undefined ? {} : { "content-type": type }),
      ...Object.fromEntries(new Headers(headers)),
    },
  });
  await response.body?.cancel();
  return response;
}

export interface Case {
  readonly what: string;
  readonly ask: Ask;
  /** The status that this route should return, or `good` for the one of a good request. */
  readonly wanted: (line: Line) => number | "good";
}

/** Each case at each route. Returns a sentence for each response that was not as wanted. */
export async function judged(
  pages: TestPages,
  lines: readonly Line[],
  cases: readonly Case[],
): Promise<string[]> {
  const wrong: string[] = [];
  let asked = 0;
  for (const line of lines) {
    for (const { what, ask, wanted } of cases) {
      // Each from its own network: no request is slowed down for what another one did.
      const peer = `10.${++asked & 255}.${asked >> 8}.1`;
      const { status, headers } = await askFor(pages, line, { peer, ...ask });
      const expected = wanted(line) === "good" ? line.good : wanted(line);
      if (status !== expected) {
        wrong.push(`${line.server} ${line.route} for ${what}: ${status}, not ${expected}`);
      }
      wrong.push(
        ...unprotected(headers, line).map((name) => `${line.server} ${line.route} for ${what}: ${name}`),
      );
    }
  }
  console.log(`${asked} requests were judged, by their status and ten headers each`);
  return wrong;
}

const PROTECTION = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "strict-transport-security": null,
  "access-control-allow-origin": null,
  "server": null,
} as const;

/** The headers of a response that are not as they must be in every response. */
export function unprotected(headers: Headers, { path }: Pick<Line, "path">): string[] {
  const wanted = {
    ...PROTECTION,
    "cache-control": path.startsWith("/static/") && headers.has("etag") ? "no-cache" : "no-store",
  };
  const wrong = Object.entries(wanted).filter(([name, value]) => headers.get(name) !== value).map(([name]) =>
    name
  );
  // Only the login and the logout set one, and no login succeeds here; and the first page behind the login names the device.
  const isOfDevice = headers.get("set-cookie")?.startsWith("pq_device_8501=");
  if (headers.has("set-cookie") && path !== "/logout" && !isOfDevice) wrong.push("set-cookie");
  if (!/^(?:no-referrer|same-origin)$/.test(headers.get("referrer-policy") ?? "")) {
    wrong.push("referrer-policy");
  }
  return wrong.map((name) => `${name} is ${headers.get(name)}`);
}
