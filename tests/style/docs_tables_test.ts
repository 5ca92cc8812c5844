/** The tables and diagrams of the documentation agree with the code. */
import assert from "node:assert/strict";
import { MOVES } from "../../queue/job.ts";
import { readSettings, SETTINGS } from "../../workers/config.ts";
import { UNSET } from "../../workers/config/setting.ts";
import { EXIT } from "../../queue/basics/exit_codes.ts";
import { FAULTS } from "../faults/faults.ts";
import { MUTATIONS } from "../mutate/mutations.ts";
import { blockOf, docsPage, rowsOf } from "./docs_pages.ts";
import { sourceFiles, specifiers } from "./source_files.ts";

Deno.test("the table of promises has every row of the fault plan, with its number of tries per test run", async () => {
  const rows = rowsOf(await docsPage("docs/promises.md"), /^[A-Z]$/);
  assert.deepEqual(
    rows.map(([letter, , each]) => `${letter} ${each}`),
    FAULTS.map(({ letter, tries }) => `${letter} ${tries.each.toLocaleString("en")}`),
  );
  for (const [letter, , each = "", longest = ""] of rows) {
    assert.ok(numberOf(longest) >= numberOf(each), `row ${letter}: the longest run is shorter than each`);
  }
});

/** `4,537` as a number. */
function numberOf(text: string): number {
  return Number(text.replaceAll(",", ""));
}

Deno.test("the table of docs/settings.md agrees with the table in the code, row by row", async () => {
  const told = rowsOf(await docsPage("docs/settings.md"), /^`[A-Z_]+`$/).map(toRow);
  const wanted = Object.values(SETTINGS).map(({ name, defaultText, limits, means }) =>
    toRow([`\`${name}\``, asCode(defaultText), limits, means])
  );
  assert.equal(
    told.join("\n"),
    wanted.join("\n"),
    `docs/settings.md needs these rows:\n${wanted.join("\n")}\n`,
  );
});

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** Values that can be set are shown as code; numbers and descriptions as they are. */
function asCode(defaultText: string): string {
  return /^\d+$|`|^unset$/.test(defaultText) ? defaultText : `\`${defaultText}\``;
}

Deno.test("each default in docs/settings.md is what the system uses when nothing is set", () => {
  const unset = readSettings({ env: {}, dotenv: null, startDir: "/start" });
  for (const [property, setting] of Object.entries(SETTINGS)) {
    if (setting.defaultText === UNSET || setting.defaultText.includes("`")) continue;
    const set = readSettings({
      env: { [setting.name]: setting.defaultText },
      dotenv: null,
      startDir: "/start",
    });
    assert.deepEqual({ ...set, handlersDir: null }, { ...unset, handlersDir: null }, property);
  }
});

Deno.test("docs/operations.md has each exit code of the system", async () => {
  const rows = rowsOf(await docsPage("docs/operations.md"), /^\d+$/);
  assert.deepEqual(
    rows.map(([code]) => Number(code)),
    [EXIT.done, EXIT.storage, EXIT.wedged, EXIT.configuration],
  );
});

Deno.test("docs/api.md has every error code that the pages and the API send, with its status", async () => {
  const files = (await sourceFiles()).filter(({ path }) => path.startsWith("ui/"));
  const text = files.map((file) => file.text).join("\n");
  const thrown = [...text.matchAll(/new HttpError\(\s*(\d{3}),\s*"([a-z_]+)"/g)];
  const ofQueue = [...text.matchAll(/^ {2}([a-z]+(?:_[a-z]+)*): (\d{3}),$/gm)];
  const sent = [
    ...thrown.map(([, status, code]) => `${status} ${code}`),
    ...ofQueue.map(([, code, status]) => `${status} ${code}`),
  ];
  assert.ok(thrown.length > 15 && ofQueue.length > 8);
  const rows = rowsOf(await docsPage("docs/api.md"), /^\d{3}$/);
  const told = rows.flatMap(([status, codes = ""]) =>
    [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code]) => `${status} ${code}`)
  );
  assert.deepEqual(sent.filter((one) => !told.includes(one)), []);
});

Deno.test("docs/operations.md has every metric", async () => {
  const files = (await sourceFiles()).filter(({ path }) => path === "ui/ops/monitoring.ts");
  const names = files.flatMap(({ text }) => [...text.matchAll(/"(pq_[a-z_]+)"/g)].map(([, name]) => name));
  assert.ok(names.length > 20);
  const told = rowsOf(await docsPage("docs/operations.md"), /^`pq_/).flatMap(([cell = ""]) =>
    [...cell.matchAll(/`(pq_[a-z_]+)`/g)].map(([, name]) => name)
  );
  assert.deepEqual(told.toSorted(), names.toSorted());
});

Deno.test("the diagram of the statuses shows the moves of the code, and no others", async () => {
  const picture = blockOf(await docsPage("docs/architecture.md"), "mermaid", "stateDiagram");
  const drawn = [...picture.matchAll(/^ *(\w+) --> (\w+): (\w+)$/gm)].map(([, from, to, verb]) =>
    `${from} ${verb} ${to}`
  );
  const moves = Object.entries(MOVES).flatMap(([verb, { from, to }]) =>
    from.map((status) => `${status} ${verb} ${to}`)
  );
  assert.deepEqual(drawn.toSorted(), moves.toSorted());
});

Deno.test("the diagram of the parts shows which imports which", async () => {
  const picture = blockOf(await docsPage("docs/architecture.md"), "mermaid", "flowchart");
  const drawn = [...picture.matchAll(/^ *(\w+) --> (\w+)$/gm)].map(([, from, to]) => `${from} → ${to}`);
  const files = (await sourceFiles()).filter(({ path }) => !/^tests\/|^ui\/client\//.test(path));
  const imported = files.flatMap((file) =>
    specifiers(file).flatMap((specifier) => {
      const [, to] = /^@persistent-queue\/(\w+)/.exec(specifier) ?? [];
      return to === undefined ? [] : [`${file.path.split("/")[0]?.replace(".ts", "")} → ${to}`];
    })
  );
  assert.deepEqual(drawn.toSorted(), [...new Set(imported)].toSorted());
});

Deno.test("the documentation says how many mutations there are", async () => {
  assert.equal(MUTATIONS.length, 21);
  for (const path of ["docs/promises.md", "CONTRIBUTING.md"]) {
    assert.match((await docsPage(path)).text, /breaks a copy in\s+twenty-one ways/, path);
  }
});
