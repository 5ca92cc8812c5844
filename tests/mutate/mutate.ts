/**
 * Checks that the tests notice faults. `deno task mutate [part of a name]` breaks a copy of the project in
 * one way after the other, runs the tests that must notice, and prints which did. Exit code 1 if any mutation
 * was not noticed. `--after-tests`: the tests were green a moment ago, so they are not run without a mutation first.
 */
import { textTable } from "../support/text_table.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { copyProject } from "./copy_project.ts";
import { applied } from "./edit.ts";
import { type Mutation, MUTATIONS } from "./mutations.ts";

/** A mutant that hangs its tests counts as noticed too. */
const LONGEST_MS = 180_000;

interface TestRun {
  readonly isGreen: boolean;
  /** No test began: the mutated code does not load, which says nothing about the tests. */
  readonly isUnloaded: boolean;
  /** The first test that failed, or what else went wrong. */
  readonly noticed: string;
  readonly seconds: number;
}

const FAULTS_TEST = "tests/faults/faults_test.ts";

async function runTests(folder: string, mutations: readonly Mutation[]): Promise<TestRun> {
  const files = [...new Set(mutations.flatMap(({ tests }) => tests))];
  const letters = [...new Set(mutations.flatMap(({ faults = "" }) => [...faults]))];
  if (letters.length > 0) files.push(FAULTS_TEST, "--", ...letters);
  const since = performance.now();
  const signal = AbortSignal.timeout(LONGEST_MS);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-prompt", "-A", "--fail-fast", ...files],
    ...{ cwd: folder, env: { NO_COLOR: "1" }, stdin: "null", stderr: "null", signal },
  }).output();
  const text = new TextDecoder().decode(stdout);
  const failed = /^(.+?) \.\.\. (?:FAILED|cancelled)/m.exec(text)?.[1];
  const seconds = (performance.now() - since) / 1000;
  const noticed = failed ?? (signal.aborted ? "the tests never ended" : "the tests' process died");
  return { isGreen: code === 0, isUnloaded: !text.includes(" ... "), noticed, seconds };
}

async function mutate(mutations: readonly Mutation[], areKnownGreen: boolean): Promise<boolean> {
  await using folder = await tempFolder();
  copyProject(folder.path);
  if (!areKnownGreen) {
    console.error("unharmed …");
    const unharmed = await runTests(folder.path, mutations);
    if (!unharmed.isGreen) throw new Error(`The tests are red without a mutation: ${unharmed.noticed}`);
  }

  const lines: string[][] = [];
  let areAllCaught = true;
  for (const mutation of mutations) {
    const { name, edits } = mutation;
    console.error(`${name} …`);
    const undo = applied(folder.path, edits);
    const { isGreen, isUnloaded, noticed, seconds } = await runTests(folder.path, [mutation]);
    undo();
    areAllCaught &&= !isGreen && !isUnloaded;
    const found = isUnloaded
      ? "NOT TRIED: the mutated code does not load"
      : isGreen
      ? "NOT NOTICED"
      : noticed;
    lines.push([name, found, `${seconds.toFixed(0)} s`]);
  }
  console.log(textTable(["mutation", "noticed by", "time"], lines, { left: 2 }));
  return areAllCaught;
}

if (import.meta.main) {
  const AFTER_TESTS = "--after-tests";
  const [part = ""] = Deno.args.filter((word) => word !== AFTER_TESTS);
  const chosen = MUTATIONS.filter(({ name }) => name.includes(part));
  if (chosen.length === 0) {
    console.error(
      `No mutation has this name. The mutations are:\n${MUTATIONS.map(({ name }) => `  ${name}`).join("\n")}`,
    );
    Deno.exit(2);
  }
  Deno.exit(await mutate(chosen, Deno.args.includes(AFTER_TESTS)) ? 0 : 1);
}
