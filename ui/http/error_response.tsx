/** Turns every error of a request into a response: a status, a sentence, never a stack trace. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { VNode } from "preact";
import { type ErrorCode, QueueError, StorageError } from "@persistent-queue/queue";
import type { AppEnv } from "./app_env.ts";
import { ManagerShell } from "../manager/manager_shell.tsx";
import { OpsShell } from "../ops/pages.tsx";
import { PlainBody, PlainPage, type PlainPageProps } from "../components/plain_page.tsx";
import { HttpError, isForScripts } from "./errors.ts";
import { renderPage } from "./page_address.ts";

const STATUS_OF = {
  invalid_job: 400,
  unknown_kind: 400,
  invalid_query: 400,
  unknown_job: 404,
  duplicate_job: 409,
  illegal_move: 409,
  unsupported: 501,
  rejected: 409,
  busy: 503,
  storage: 503,
} as const satisfies Record<ErrorCode, number>;

/** The sentence for unexpected errors, whose own message may reveal too much. */
const FAULT = "Something went wrong here. The log of the system says what.";

/** How soon a page that waits for the storage reloads, in seconds. */
const RELOAD_S = "3";
const RELOADS = "This page reloads by itself.";

/** `onFault` receives unexpected errors. */
export function errorResponse(
  thrown: Error,
  c: Context<AppEnv>,
  onFault: (error: unknown) => void,
): Response {
  const refusal = refusalOf(thrown);
  if (refusal.code === "internal") onFault(thrown);
  for (const [name, value] of Object.entries(refusal.headers)) c.header(name, value);
  const { status, code, message } = refusal;
  if (isForScripts(c.req.path) || isSentByPage(c)) return c.json({ error: { code, message } }, status);
  // A submitted form is not sent again.
  const reloads = mayRecover(thrown) && c.req.method === "GET";
  if (reloads) c.header("Refresh", RELOAD_S);
  const sentence = reloads ? `${message} ${RELOADS}` : message;
  return renderPage(c, pageOf({ title: titleOf(status), sentence }, c.var), { status });
}

/** The script of a page sends a form in the background, and has room for a sentence only. */
function isSentByPage({ req }: Context<AppEnv>): boolean {
  return req.method === "POST" && req.header("accept") === "application/json";
}

/** Whether it is a storage error that may be over soon. */
function mayRecover(thrown: Error): boolean {
  return thrown instanceof StorageError && thrown.passing;
}

/** A visitor who is on one of the pages keeps its header and navigation. */
function pageOf(page: PlainPageProps, { manager, ops }: Partial<AppEnv["Variables"]>): VNode {
  if (manager !== undefined) {
    return (
      <ManagerShell title={page.title} at={null} {...manager}>
        <PlainBody {...page} linkText="Back to jobs" />
      </ManagerShell>
    );
  }
  if (ops !== undefined) {
    return (
      <OpsShell title={page.title} isOverview={false} {...ops}>
        <PlainBody {...page} linkText="Back to the overview" />
      </OpsShell>
    );
  }
  return <PlainPage {...page} />;
}

function refusalOf(thrown: Error): HttpError {
  if (thrown instanceof HttpError) return thrown;
  if (thrown instanceof QueueError) {
    const headers = thrown.code === "busy" ? { "Retry-After": "5" } : {};
    return new HttpError(STATUS_OF[thrown.code], thrown.code, thrown.message, { headers });
  }
  // hono's own, for requests that it cannot parse.
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new HttpError(400, "bad_request", "This request cannot be read.");
  }
  return new HttpError(500, "internal", FAULT);
}

function titleOf(status: number): string {
  if (status === 404) return "Not found";
  if (status >= 500) return "Out of order";
  return "Not possible";
}
