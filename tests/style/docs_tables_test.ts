/** What the tables and pictures of the pages say is what the code says. */
import assert from "node:assert/strict";
import { MOVES } from "../../queue/job.ts";
import { readSettings, SETTING_NAMES } from "../../workers/config.ts";
import { EXIT } from "../../workers/process/exit_codes.ts";
import { FAULTS } from "../faults/faults.ts";
import { MUTATIONS } from "../mutate/mutations.ts";
import { blockOf, docsPage, rowsOf } from "../support/docs_pages.ts";
import { sourceFiles, specifiers } from "../support/source_files.ts";

Deno.test("the table of promises has each row of the fault plan, with its number of tries in every test run", async () => {
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

const settingsRows = rowsOf(await docsPage("docs/settings.md"), /^`[A-Z_]+`$/)
  .map(([name = "", standard = "", ...rest]) => [name.replaceAll("`", ""), standard, ...rest] as const);

Deno.test("docs/settings.md has a row for every setting there is, and for no other", () => {
  assert.deepEqual(settingsRows.map(([name]) => name).toSorted(), SETTING_NAMES.toSorted());
});

Deno.test("docs/settings.md says the defaults that the code has", () => {
  const settings: Record<string, unknown> = {
    ...readSettings({ env: {}, dotenv: null, startDir: "/start" }),
  };
  const told = settingsRows.map(([name, standard]) =>
    [propertyOf(name), standard.replaceAll("`", "")] as const
  );
  const compared = told.filter(([property]) => settings[property] !== null && property in settings);
  assert.ok(compared.length > 15);
  for (const [property, standard] of compared) {
    assert.equal(standard, shown(settings[property]), property);
  }
});

/** `managerPort` of `MANAGER_PORT`. */
function propertyOf(name: string): string {
  return name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A value as a person would set it; what is empty is not set. */
function shown(value: unknown): string {
  if (typeof value === "boolean") return value ? "on with admin123, else off" : "off";
  if (Array.isArray(value) && value.length > 0) return value.join(",");
  if (typeof value === "object") return "unset";
  return String(value).replace("/start/", "");
}

Deno.test("docs/operations.md has each exit code of the system", async () => {
  const rows = rowsOf(await docsPage("docs/operations.md"), /^\d+$/);
  assert.deepEqual(rows.map(([code]) => Number(code)), Object.values(EXIT));
});

Deno.test("the picture of the statuses draws the moves of the code, and no other", async () => {
  const picture = blockOf(await docsPage("docs/architecture.md"), "mermaid", "stateDiagram");
  const drawn = [...picture.matchAll(/^ *(\w+) --> (\w+): (\w+)$/gm)].map(([, from, to, verb]) =>
    `${from} ${verb} ${to}`
  );
  const moves = Object.entries(MOVES).flatMap(([verb, { from, to }]) =>
    from.map((status) => `${status} ${verb} ${to}`)
  );
  assert.deepEqual(drawn.toSorted(), moves.toSorted());
});

Deno.test("the picture of the parts draws who imports whom", async () => {
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

Deno.test("the pages say how many mutations there are", async () => {
  assert.equal(MUTATIONS.length, 14);
  for (const path of ["docs/promises.md", "CONTRIBUTING.md"]) {
    assert.match((await docsPage(path)).text, /breaks a copy in\s+fourteen ways/, path);
  }
});
