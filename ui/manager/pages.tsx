/** The pages of the Manager. Each works without scripts; `/view/…` returns what the page would show now. */
import { Hono } from "hono";
import type { Fault } from "@persistent-queue/queue";
import type { VNode } from "preact";
import type { AppEnv } from "../http/app_env.ts";
import { actorOf, audited } from "../auth/audit.ts";
import type { PageDeps } from "../page_deps.ts";
import { assertGivenOnce } from "../api/input.ts";
import { textResponse } from "../http/compression.ts";
import { otherPage, PROPS, type RenderOptions, renderPage } from "../http/page_address.ts";
import {
  goBack,
  moveMatching,
  moveNamed,
  type PageContext,
  readForm,
  requestFault,
  stopBatch,
  sweep,
} from "./actions.ts";
import { addJob } from "./add_job.ts";
import { type AddError, type AddForm, AddPage, EMPTY_FORM } from "./add_page.tsx";
import { BulkActions } from "./bulk_actions.ts";
import { confirmation, faultConfirmation } from "./confirm_page.tsx";
import { type FrameProps, ManagerShell } from "./manager_shell.tsx";
import { noteOf } from "./flash.ts";
import { initialLiveness, PageBody } from "./page_body.tsx";
import { type Gather, gatherViews } from "./gather_views.ts";
import { UNTRANSLATED } from "../components/document.tsx";
import { jobPath } from "./list_query.ts";
import { titleOf } from "./page_title.ts";

export function managerPages(deps: PageDeps): Hono<AppEnv> {
  const batches = new BulkActions(deps);
  const views = gatherViews(deps, batches);
  return new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set("manager", { version: deps.version, ops: otherPage(c, deps) });
      await next();
    })
    .get("/", (c) => livePage(c, views.list, { at: "/" }))
    .get("/job", (c) => livePage(c, views.job, { at: null }))
    .get("/consumers", (c) => livePage(c, views.consumers, { at: "/consumers" }))
    .get("/view/list", (c) => viewOnly(c, views.list))
    .get("/view/job", (c) => viewOnly(c, views.job))
    .get("/view/consumers", (c) => viewOnly(c, views.consumers))
    .get("/confirm", async (c) => framed(c, await confirmation(c, deps), { title: "Confirm", at: null }))
    .get("/add", (c) => showAdd(c, deps, { form: EMPTY_FORM, error: null, status: 200 }))
    .post("/add", (c) => add(c, deps))
    .post("/resubmit", (c) => moveNamed(c, deps, "resubmit"))
    .post("/cancel", (c) => moveNamed(c, deps, "cancel"))
    .post("/all", (c) => moveMatching(c, deps, batches))
    .post("/all/stop", (c) => stopBatch(c, batches))
    .post("/sweep", (c) => sweep(c, deps))
    .get("/consumers/crash", (c) => askForFault(c, deps, "crash"))
    .get("/consumers/hang", (c) => askForFault(c, deps, "hang"))
    .post("/consumers/crash", (c) => requestFault(c, deps, "crash"))
    .post("/consumers/hang", (c) => requestFault(c, deps, "hang"));
}

/** What the address asks for. @throws {HttpError} 400 */
function fieldsOf(c: PageContext): URLSearchParams {
  const fields = new URL(c.req.url).searchParams;
  // Added by a redirect to whatever address an action came from.
  fields.delete("note");
  assertGivenOnce(fields);
  return fields;
}

async function viewOnly(c: PageContext, gather: Gather): Promise<Response> {
  const view = await gather(fieldsOf(c));
  return textResponse(c, JSON.stringify(view), { type: "application/json", status: 200 });
}

/** A page that the script keeps up to date: the rendered view is in `data-props`. */
async function livePage(c: PageContext, gather: Gather, { at }: Pick<FrameProps, "at">): Promise<Response> {
  const view = await gather(fieldsOf(c));
  const note = noteOf(c.req.query("note") ?? "");
  const body = (
    <div id="app" {...UNTRANSLATED} {...PROPS}>
      <PageBody view={view} live={initialLiveness(view, note)} />
    </div>
  );
  return framed(c, body, { title: titleOf(view), at }, { props: { view, note } });
}

function framed(c: PageContext, body: VNode, frame: FrameProps, options: RenderOptions = {}): Response {
  return renderPage(c, <ManagerShell {...frame} {...c.var.manager}>{body}</ManagerShell>, options);
}

function askForFault(c: PageContext, deps: PageDeps, fault: Fault): Response {
  return framed(c, faultConfirmation(deps, fault, c.req.query("id") ?? ""), { title: "Confirm", at: null });
}

interface AddResult {
  readonly form: AddForm;
  readonly error: AddError | null;
  readonly status: 200 | 400 | 409;
}

function showAdd(c: PageContext, { queue }: PageDeps, { form, error, status }: AddResult): Response {
  const body = <AddPage form={form} kinds={queue.kinds} parkedKinds={queue.parkedKinds} error={error} />;
  return framed(c, body, { title: "Add a job", at: "/add" }, { status });
}

async function add(c: PageContext, deps: PageDeps): Promise<Response> {
  const fields = await readForm(c);
  const field = (name: string) => (fields.get(name) ?? "").trim();
  const form = {
    kind: field("kind"),
    id: field("id"),
    payload: field("payload"),
    priority: field("priority"),
    runAt: field("run_at"),
    replace: fields.has("replace"),
  };
  const outcome = await addJob(audited(deps.queue, actorOf(c, deps)), form, deps.now());
  if (outcome.ok) return goBack(c, { back: jobPath(outcome.id), code: outcome.note });
  return showAdd(c, deps, { form, error: outcome.error, status: outcome.status });
}
