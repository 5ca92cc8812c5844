import type { Context } from "hono";
import type { AppEnv } from "../http/app_env.ts";
import { type Actor, whereOf } from "./audit.ts";
import type { PageDeps } from "../page_deps.ts";

/** Who sent this request; only behind the login. */
export function actorOf(c: Context<AppEnv>, { audit }: Pick<PageDeps, "audit">): Actor {
  return { by: `${c.var.visitor.name} from ${whereOf(c.env.client)}`, audit };
}
