/**
 * Checks that the tests notice faults. `deno task mutate [part of a name]` breaks a copy of the project in
 * one way after the other, runs the tests that must notice, and prints which did. Exit code 1 if any mutation
 * was not noticed. `--after-tests`: the tests have just passed, so they are not run without a mutation first.
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

/** One for each of two cores, each in its own copy. */
const SIDE_BY_SIDE = 2;

async function mutate(mutations: readonly Mutation[], areKnownGreen: boolean): Promise<boolean> {
  if (!areKnownGreen) await checkUnharmed(mutations);
  const lines: string[][] = [];
  let areAllCaught = true;
  const waiting = mutations.values();
  const tryEach = async () => {
    await using folder = await tempFolder();
    copyProject(folder.path);
    for (let next = waiting.next(); !next.done; next = waiting.next()) {
      console.error(`${next.value.name} …`);
      const run = await runMutated(folder.path, next.value);
      areAllCaught &&= !run.isGreen && !run.isUnloaded;
      lines.push([next.value.name, foundBy(run), `${run.seconds.toFixed(0)} s`]);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, tryEach));
  console.log(textTable(["mutation", "noticed by", "time"], lines, { left: 2 }));
  return areAllCaught;
}

/** @throws if the tests fail without a mutation */
async function checkUnharmed(mutations: readonly Mutation[]): Promise<void> {
  await using folder = await tempFolder();
  copyProject(folder.path);
  console.error("unharmed …");
  const unharmed = await runTests(folder.path, mutations);
  if (!unharmed.isGreen) throw new Error(`The tests are red without a mutation: ${unharmed.noticed}`);
}

async function runMutated(folder: string, mutation: Mutation): Promise<TestRun> {
  const undo = applied(folder, mutation.edits);
  try {
    return await runTests(folder, [mutation]);
  } finally {
    undo();
  }
}

function foundBy({ isUnloaded, isGreen, noticed }: TestRun): string {
  if (isUnloaded) return "NOT TRIED: the mutated code does not load";
  return isGreen ? "NOT NOTICED" : noticed;
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
