/** Texts that are made to run in a page are shown as they are written, on every page where they can appear. */
import assert from "node:assert/strict";
import { openStore, printable } from "@persistent-queue/queue";
import type { HistoryEvent } from "../../queue/job.ts";
import { storedJob } from "../conformance/dump.ts";
import { browserTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { type RunningSystem, urlOf } from "../support/processes/running_system.ts";
import { SCRIPTS } from "./script_texts.ts";
import { managerSystem, onStage, type Stage } from "./manager_stage.ts";

/** All of them at once: a text that runs alone runs in here as well. */
const ALL = SCRIPTS.join(" ");
/** These are tried on every page, the others where there is time for it. */
const SOME = SCRIPTS.filter((_, i) => i % 14 === 0);

browserTest("no page takes the id or the content of a job for anything but text", async (browser, t) => {
  await using system = await managerSystem();
  await bringTexts(system);
  await eventually("they are seen", async () => {
    const response = await system.api(`jobs/${encodeURIComponent(ALL)}`);
    await response.body?.cancel();
    return response.ok;
  });
  await using stage = await onStage(browser, { system });
  await t.step("on the list, when it loads and when it changes", () => onTheList(stage));
  await t.step("on the page of a job", () => onItsPage(stage));
  await t.step("in a search, and in the question before an action", () => asWords(stage));
  await t.step("each text alone, on every page that can show it", () => eachForItself(stage));
  await t.step("on Ops", () => onOps(stage));
  await t.step("in a form that comes back, and on the way to the login", () => inForms(stage));
});

/** A job for each text, which is its id, its kind, its consumer, its error, its payload, its result and its history. */
async function bringTexts(system: RunningSystem): Promise<void> {
  const store = await openStore(urlOf(system), "guest");
  const line = { at: 1, lease: 1, retries: 0, takenAt: null, ranMs: null, report: null, log: null };
  for (const text of [ALL, ...SCRIPTS]) {
    const json = JSON.stringify({ [text]: text });
    const facts = { kind: text.slice(0, 64), status: "FAILED", consumerId: text, error: text } as const;
    const events = [text as HistoryEvent, "retried"] as const;
    const history = events.map((event) => ({ ...line, event, consumerId: text, detail: text }));
    await store.restore([storedJob(text, { ...facts, payload: json, result: json, history })]);
  }
  await store.close();
}

async function go({ page, system }: Stage, path: string): Promise<void> {
  await page.goto(`${system.manager}${path}`);
}

/** What no text may bring into a page: elements that load or run something, and attributes that do. */
const STRANGERS = `(page) => [...page.querySelectorAll("*")].filter((element) =>
  /^(?:iframe|object|embed|base|math|animate|style|mglyph)$/.test(element.localName) ||
  element.localName === "script" && !/^[/]static[/]/.test(element.getAttribute("src")) ||
  [...element.attributes].some(({ name, value }) =>
    /^on|^srcdoc$/i.test(name) ||
    /^(?:href|src|action|formaction|data)$/.test(name) && !/^(?:[/?#]|http:[/][/]127[.])/.test(value))
).map((element) => element.outerHTML.slice(0, 200))`;

async function assertHarmless(
  { page, problems }: Pick<Stage, "page" | "problems">,
  what: string,
): Promise<void> {
  assert.deepEqual(await page.evaluate<string[]>(`(${STRANGERS})(document)`), [], what);
  assert.deepEqual(problems, [], what);
}

/** The browser reports the status 400 as an error, and nothing else. */
function assertTold(problems: string[]): void {
  const told = new Set(problems.splice(0));
  assert.deepEqual([...told], [
    "Failed to load resource: the server responded with a status of 400 (Bad Request)",
  ]);
}

async function onTheList(stage: Stage): Promise<void> {
  const { page, system } = stage;
  await go(stage, "/?limit=200");
  const shown = async () => (await page.locator(".job-link").allTextContents()).toReversed();
  assert.deepEqual(await shown(), [ALL, ...SCRIPTS].map((text) => printable(text)));
  const response = await system.api("jobs/cancel", { ids: [ALL, ...SCRIPTS] });
  await response.body?.cancel();
  await page.locator("tbody tr", { hasText: "CANCELED" }).nth(SCRIPTS.length).waitFor();
  assert.deepEqual(await shown(), [ALL, ...SCRIPTS].map((text) => printable(text)));
  await assertHarmless(stage, "the list");
}

async function onItsPage(stage: Stage): Promise<void> {
  for (const text of [ALL, ...SOME]) {
    await go(stage, `/job?id=${encodeURIComponent(text)}`);
    assert.equal(await stage.page.locator("h1").textContent(), printable(text));
    assert.equal(await stage.page.locator("h1").getAttribute("title"), text);
    const main = await stage.page.locator("main").textContent() ?? "";
    assert.ok(main.split(text).length > 4, `${text} is shown ${main.split(text).length - 1} times`);
    await assertHarmless(stage, text);
  }
}

async function asWords(stage: Stage): Promise<void> {
  const { page } = stage;
  for (const text of [ALL, ...SOME]) {
    await go(stage, `/confirm?verb=cancel&${new URLSearchParams({ q: text, kind: text })}`);
    assert.ok((await page.locator("main").textContent())?.includes(`“${text}”`), text);
    await assertHarmless(stage, text);
    await go(stage, `/?${new URLSearchParams({ q: text, kind: text, note: text, limit: text })}`);
    assert.equal(await page.locator("input[name=q]").first().inputValue(), text);
    await assertHarmless(stage, text);
  }
}

/**
 * The browser reads each page as it would to show it, without showing it, which takes its time. What it shows of an id
 * is the id, with a visible escape for each character that would hide itself or break the line.
 */
async function eachForItself({ page, problems }: Stage): Promise<void> {
  const paths = SCRIPTS.flatMap((text) => {
    const [id, words] = [
      encodeURIComponent(text),
      new URLSearchParams({ q: text, kind: text, note: text, next: text }),
    ];
    return [
      `/job?id=${id}`,
      `/?${words}`,
      `/?status=${id}`,
      `/confirm?verb=cancel&${words}`,
      `/confirm?verb=${id}`,
    ]
      .map((path) => [path, printable(text)]);
  });
  const wrong = await page.evaluate<string[]>(
    `Promise.all(${JSON.stringify(paths)}.map(async ([path, shown]) => {
    const html = await (await fetch(path)).text();
    const read = new DOMParser().parseFromString(html, "text/html");
    const strangers = (${STRANGERS})(read);
    const isHidden = path.startsWith("/job") && read.querySelector("h1").textContent !== shown;
    return [...strangers, ...(isHidden ? [path + " does not show it"] : [])];
  })).then((all) => all.flat())`,
  );
  assert.deepEqual(wrong, []);
  assertTold(problems);
}

/** Their kinds are unknown, so they fail as soon as they are claimed, which Ops shows. */
async function onOps({ page, system, problems }: Stage): Promise<void> {
  await page.goto(system.ops);
  await page.getByText("Live", { exact: true }).waitFor();
  const response = await system.api("jobs/resubmit", { ids: SCRIPTS });
  await response.body?.cancel();
  await page.locator("main", { hasText: (SCRIPTS.at(-2) ?? "").slice(0, 30) }).waitFor();
  const main = await page.locator("main").textContent() ?? "";
  assert.ok(SCRIPTS.filter((text) => main.includes(text.slice(0, 20))).length > 5, main);
  await assertHarmless({ page, problems }, "Ops");
}

async function inForms(stage: Stage): Promise<void> {
  const { page, context, problems } = stage;
  await go(stage, "/add");
  await page.locator("input[name=id]").fill(ALL);
  await page.locator("textarea[name=payload]").fill(ALL);
  await page.getByRole("button", { name: "Add" }).last().click();
  await eventually("the form comes back", async () => {
    return problems.length > 0 && await page.locator("textarea[name=payload]").inputValue() === ALL;
  });
  assertTold(problems);
  await assertHarmless(stage, "the form");
  await context.clearCookies();
  await go(stage, `/login?${new URLSearchParams({ next: `/job?id=${ALL}` })}`);
  await assertHarmless(stage, "the login");
}
