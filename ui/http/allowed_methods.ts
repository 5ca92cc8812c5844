import type { Hono } from "hono";
import type { AppEnv } from "./app_env.ts";

/** The methods that some route has for this path: empty = there is no such path. Middleware does not count. */
export function allowedMethods(app: Hono<AppEnv>, path: string): string[] {
  const methods = app.routes
    .filter((route) => route.method !== "ALL" && patternOf(route.path).test(path))
    .flatMap(({ method }) => method === "GET" ? ["GET", "HEAD"] : [method]);
  return [...new Set(methods)];
}

/** `/api/jobs/:id{.+}` → one or more characters there; `/consumers/:id` → up to the next slash. */
function patternOf(route: string): RegExp {
  const parts = route.split("/").map((part) => {
    const constraint = /^:\w+\{(.+)\}$/.exec(part)?.[1];
    if (constraint !== undefined) return constraint;
    return part.startsWith(":") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}
