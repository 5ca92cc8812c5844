import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { guard, type GuardOptions } from "../../workers/guard.ts";
import { GUARDED } from "../../workers/guarded.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/processes/is_alive.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

const GUARDED_CHILD = new URL("./guarded_child.ts", import.meta.url).pathname;
const GUARD_PROCESS = new URL("../support/processes/guard_process.ts", import.meta.url).pathname;

function guarded(folder: TempFolder, act: string, options: Partial<GuardOptions> = {}): Promise<number> {
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    `--allow-read=${folder.path}`,
    `--allow-write=${folder.path}`,
    GUARDED_CHILD,
    stepsFile(folder),
    act,
    GUARDED,
  ];
  return guard({ command: Deno.execPath(), args, ...options });
}

function stepsFile(folder: TempFolder): string {
  return folder.file("steps");
}

/** The process ids of the children that reported `what`, in order. */
function tellersOf(folder: TempFolder, what: string): number[] {
  const text = readIfThere(stepsFile(folder));
  return text.split("\n").filter((line) => line.startsWith(`${what} `)).map((line) =>
    Number(line.split(" ")[1])
  );
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

async function started(folder: TempFolder, count: number): Promise<number> {
  const what = `start number ${count}`;
  return await eventually(what, () => tellersOf(folder, "started")[count - 1], { withinMs: 10_000 });
}

for (const code of [0, 74, 78]) {
  Deno.test(`exit code ${code} is passed on, without a restart`, async () => {
    await using folder = await tempFolder();
    const told: string[] = [];
    const stop = new AbortController();
    const log = (text: string) => {
      told.push(text);
      stop.abort();
    };
    assert.equal(await guarded(folder, `exit:${code}`, { log, signal: stop.signal }), code);
    assert.equal(tellersOf(folder, "started").length, 1);
    assert.deepEqual(told, []);
  });
}

Deno.test("a supervisor that was killed is started again at once", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const told: string[] = [];
  const ended = guarded(folder, "wait", { log: (text) => told.push(text), signal: stop.signal });
  Deno.kill(await started(folder, 1), "SIGKILL");
  const second = await started(folder, 2);
  assert.deepEqual(told, ["The supervisor ended by SIGKILL; starting it again at once"]);
  stop.abort();
  assert.equal(await ended, 0);
  assert.deepEqual(tellersOf(folder, "SIGTERM"), [second]);
});

Deno.test("a start that fails because the disk is full is tried again with the usual delays, and the guard lives on", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const told: string[] = [];
  let starts = 0;
  const args = () => {
    starts++;
    if (starts === 2 || starts === 3) throw new Error("No space left on device");
    return [
      ...["run", "--quiet", "--no-prompt", `--allow-read=${folder.path}`, `--allow-write=${folder.path}`],
      ...[GUARDED_CHILD, stepsFile(folder), "wait", GUARDED],
    ];
  };
  const ended = guarded(folder, "wait", {
    ...{ args, delaysMs: [0, 10, 20] },
    ...{ log: (text) => told.push(text), signal: stop.signal },
  });
  Deno.kill(await started(folder, 1), "SIGKILL");
  await started(folder, 2);
  stop.abort();
  assert.equal(await ended, 0);
  const failed = "The supervisor could not be started (No space left on device)";
  assert.deepEqual(told, [
    "The supervisor ended by SIGKILL; starting it again at once",
    `${failed}; starting it again in 10 ms`,
    `${failed}; starting it again in 20 ms`,
  ]);
});

Deno.test("a program that cannot be started at all ends the guard", async () => {
  await using folder = await tempFolder();
  await assert.rejects(guarded(folder, "wait", { command: folder.file("no-deno") }), Deno.errors.NotFound);
});

for (const codes of [[133], [75, 133]]) {
  Deno.test(`a crash loop of exit codes ${codes} slows down, and the last delay holds`, async () => {
    await using folder = await tempFolder();
    const stop = new AbortController();
    const told: string[] = [];
    const log = (text: string) => {
      told.push(text);
      if (told.length === 5) stop.abort();
    };
    const ended = guarded(folder, `exit:${codes}`, { log, signal: stop.signal, delaysMs: [0, 10, 20, 40] });
    assert.equal(await ended, 0, "a stop between two lives is not a failure");
    const delays = ["at once", "in 10 ms", "in 20 ms", "in 40 ms", "in 40 ms"];
    assert.deepEqual(
      told,
      delays.map((when, i) =>
        `The supervisor ended with exit code ${codes[i % codes.length]}; starting it again ${when}`
      ),
    );
    assert.equal(tellersOf(folder, "started").length, 5);
  });
}

Deno.test("the delays of a crash loop grow, and the guard really waits for them", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const told: { ms: number; at: number }[] = [];
  const log = (text: string) => {
    told.push({ ms: Number(/in (\d+) ms$/.exec(text)?.[1] ?? 0), at: performance.now() });
    if (told.length === 4) stop.abort();
  };
  await guarded(folder, "exit:1,75,133", { log, signal: stop.signal });
  const delaysMs = told.map(({ ms }) => ms);
  const livedMs = told.slice(1).map(({ at }, i) => Math.round(at - (told[i]?.at ?? 0)));
  console.log(`delays ${delaysMs} ms; from one death to the next ${livedMs} ms`);
  assert.deepEqual(delaysMs, [0, 250, 500, 1000]);
  for (const [i, ms] of livedMs.entries()) assert.ok(ms >= (delaysMs[i] ?? Infinity), `${livedMs}`);
});

Deno.test("after a life that is long enough, the delays start over", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const told: string[] = [];
  const log = (text: string) => {
    told.push(text);
    if (told.length === 3) stop.abort();
  };
  await guarded(folder, "exit:1", { log, signal: stop.signal, stableMs: 0, delaysMs: [0, 60_000] });
  assert(told.every((text) => text.endsWith("at once")), told.join("\n"));
});

Deno.test("a guard that is stopped during a delay ends at once", async () => {
  await using folder = await tempFolder();
  const stop = new AbortController();
  const log = () => setTimeout(() => stop.abort(), 10);
  assert.equal(await guarded(folder, "exit:1", { log, signal: stop.signal, delaysMs: [60_000] }), 0);
});

/** A guard as a separate process, leading its own process group. */
function guardProcess(folder: TempFolder) {
  const child = [
    "run",
    "--quiet",
    "--no-prompt",
    "--allow-write",
    GUARDED_CHILD,
    stepsFile(folder),
    "wait",
  ];
  const args = ["run", "--quiet", "--allow-all", GUARD_PROCESS, ...child];
  return spawn(Deno.execPath(), args, { detached: true, stdio: "ignore" });
}

function pidOf({ pid }: { pid?: number | undefined }): number {
  assert(pid !== undefined, "the guard did not start");
  return pid;
}

Deno.test("a supervisor ends when its guard is killed", async () => {
  await using folder = await tempFolder();
  const process = guardProcess(folder);
  const child = await started(folder, 1);
  const exited = once(process, "exit");
  Deno.kill(pidOf(process), "SIGKILL");
  await exited;
  await eventually("the child noticed", () => tellersOf(folder, "guard-gone").includes(child));
  await eventually("the child is gone", () => !isAlive(child));
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} is passed on, and the guard waits until its supervisor has ended`, async () => {
    await using folder = await tempFolder();
    const process = guardProcess(folder);
    const child = await started(folder, 1);
    const exited = once(process, "exit");
    Deno.kill(pidOf(process), signal);
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(tellersOf(folder, signal), [child]);
    assert.equal(tellersOf(folder, "started").length, 1);
  });
}

Deno.test("Ctrl+C, arriving twice within milliseconds and at the whole group, is one clean stop", async () => {
  await using folder = await tempFolder();
  const process = guardProcess(folder);
  await started(folder, 1);
  const exited = once(process, "exit");
  Deno.kill(-pidOf(process), "SIGINT");
  Deno.kill(-pidOf(process), "SIGINT");
  assert.deepEqual(await exited, [0, null]);
  assert.equal(tellersOf(folder, "started").length, 1);
});

Deno.test("without a guard, an empty stdin means nothing", async () => {
  await using folder = await tempFolder();
  const args = ["run", "--quiet", "--no-prompt", `--allow-write=${folder.path}`, GUARDED_CHILD];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, stepsFile(folder), "wait"],
    stdin: "null",
  })
    .spawn();
  await started(folder, 1);
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  assert.deepEqual(tellersOf(folder, "guard-gone"), []);
  assert.equal(tellersOf(folder, "SIGTERM").length, 1);
});
