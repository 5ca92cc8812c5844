/** The pages of the Manager. Each works without scripts; `/view/…` tells the script what the page would show now. */
import { Hono } from "hono";
import type { VNode } from "preact";
import type { AppEnv } from "../app_env.ts";
import { isLegal, type Status } from "@persistent-queue/queue";
import type { Ports } from "../ports.ts";
import { renderPage } from "../render_page.ts";
import { goBack, moveMatching, moveNamed, type PageContext, provoke, readVerb, sweep } from "./actions.ts";
import { addJob } from "./add_job.ts";
import { type AddForm, AddPage, EMPTY_FORM } from "./add_page.tsx";
import { Batches } from "./batches.ts";
import { ConfirmPage } from "./confirm_page.tsx";
import { consumersView } from "./consumers_view.ts";
import { jobPath } from "./job_row.tsx";
import { jobView } from "./job_view.ts";
import { type ListQuery, readQuery } from "./list_query.ts";
import { listView } from "./list_view.ts";
import { ManagerShell, type ManagerShellProps } from "./manager_shell.tsx";
import { sentenceOf } from "./notes.ts";
import { atRest, PageBody } from "./page_body.tsx";
import { readForm } from "./read_form.ts";
import type { View } from "./views.ts";

export function managerPages(ports: Ports): Hono<AppEnv> {
  const batches = new Batches(ports.queue, ports.now);
  const list = (c: PageContext) => listView(ports, queryOf(c), batches.view());
  const job = (c: PageContext) => jobView(ports, c.req.query("id") ?? "");
  const { version } = ports;
  return new Hono<AppEnv>()
    .get("/", async (c) => living(c, await list(c), { title: "Manager", at: "/", version }))
    .get(
      "/job",
      async (c) => living(c, await job(c), { title: c.req.query("id") ?? "Job", at: null, version }),
    )
    .get(
      "/consumers",
      (c) => living(c, consumersView(ports), { title: "Consumers", at: "/consumers", version }),
    )
    .get("/view/list", async (c) => c.json(await list(c)))
    .get("/view/job", async (c) => c.json(await job(c)))
    .get("/view/consumers", (c) => c.json(consumersView(ports)))
    .get("/confirm", (c) => confirm(c, ports))
    .get("/add", (c) => showAdd(c, ports, { form: EMPTY_FORM, error: null, status: 200 }))
    .post("/add", (c) => add(c, ports))
    .post("/resubmit", (c) => moveNamed(c, ports, "resubmit"))
    .post("/cancel", (c) => moveNamed(c, ports, "cancel"))
    .post("/all", (c) => moveMatching(c, batches))
    .post("/sweep", (c) => sweep(c, ports))
    .post("/consumers/crash", (c) => provoke(c, ports, "crash"))
    .post("/consumers/hang", (c) => provoke(c, ports, "hang"));
}

function queryOf(c: PageContext): ListQuery {
  return readQuery(new URL(c.req.url).searchParams);
}

type Frame = Omit<ManagerShellProps, "children">;

/** A page that the script takes over: it finds what was rendered in `data-props`. */
function living(c: PageContext, view: View, frame: Frame): Response {
  const note = sentenceOf(c.req.query("note") ?? "");
  const body = (
    <div id="app" data-props={JSON.stringify({ view, note })}>
      <PageBody view={view} live={atRest(view, note)} />
    </div>
  );
  return framed(c, body, frame);
}

function framed(c: PageContext, body: VNode, frame: Frame, status: 200 | 400 | 409 = 200): Response {
  return renderPage(c, <ManagerShell {...frame}>{body}</ManagerShell>, status);
}

async function confirm(c: PageContext, { queue, version }: Ports): Promise<Response> {
  const verb = readVerb(c.req.query("verb"));
  const query = { ...queryOf(c), cursor: "", limit: "" };
  const { counts } = await queue.stats();
  const isPlain = query.kind === "" && query.q === "";
  const legal = (Object.keys(counts) as Status[])
    .filter((status) => isLegal(verb, status) && (query.status === "" || query.status === status));
  const matching = isPlain ? legal.reduce((sum, status) => sum + counts[status], 0) : null;
  const body = <ConfirmPage verb={verb} query={query} matching={matching} />;
  return framed(c, body, { title: "Confirm", at: null, version });
}

interface AddAnswer {
  readonly form: AddForm;
  readonly error: string | null;
  readonly status: 200 | 400 | 409;
}

function showAdd(c: PageContext, { queue, version }: Ports, { form, error, status }: AddAnswer): Response {
  const body = <AddPage form={form} kinds={queue.kinds} error={error} />;
  return framed(c, body, { title: "Add a job", at: "/add", version }, status);
}

async function add(c: PageContext, ports: Ports): Promise<Response> {
  const fields = await readForm(c);
  const field = (name: string) => (fields.get(name) ?? "").trim();
  const form = {
    kind: field("kind"),
    id: field("id"),
    payload: field("payload"),
    priority: field("priority"),
  };
  const outcome = await addJob(ports, form);
  if (outcome.ok) return goBack(c, jobPath(outcome.id), outcome.note);
  return showAdd(c, ports, { form, error: outcome.error, status: outcome.status });
}
