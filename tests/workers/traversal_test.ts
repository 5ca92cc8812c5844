/** The file handler writes below FILES_DIR and nowhere else, whatever the id says and whatever is there. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { NOWHERE, OUTSIDE } from "../support/web/traversal_paths.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

const SCRIPT = new URL("./handle_files.ts", import.meta.url).pathname;
const isRoot = Deno.uid() === 0;

interface StartOptions {
  /** Repeats until it is told to stop. */
  readonly goesOn?: boolean;
  readonly filesDir?: string;
  readonly allowed?: readonly string[];
}

function start(folder: TempFolder, ids: readonly string[], options: StartOptions = {}): Deno.ChildProcess {
  const { goesOn = false, filesDir = "data/files", allowed = ["-A"] } = options;
  const flags = [...allowed, "--no-check", "--quiet", "--no-prompt"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, SCRIPT, filesDir, goesOn ? "on" : "once", JSON.stringify(ids)],
    cwd: folder.path,
    stdout: "piped",
  }).spawn();
}

/** The outcome of each id; a process that hangs is ended and has none. */
async function handled(
  child: Deno.ChildProcess,
  withinMs = 20_000,
): Promise<[id: string, outcome: string][]> {
  const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  const text = new TextDecoder().decode((await child.output()).stdout);
  clearTimeout(timer);
  return JSON.parse(text || "[]");
}

/** Files beside FILES_DIR that must not be touched, and some inside. */
async function baited(): Promise<TempFolder> {
  const folder = await tempFolder();
  for (const name of ["data/files/sub", "data/files2", "elsewhere"]) {
    Deno.mkdirSync(folder.file(name), { recursive: true });
  }
  const baits = [
    "secret.txt",
    "data/queue.db",
    "data/files2/near.txt",
    "data/filesecret.txt",
    "elsewhere/good.txt",
  ];
  for (const name of [...baits, "data/files/good.txt", "data/files/sub/deep.txt"]) {
    Deno.writeTextFileSync(folder.file(name), `${name}\n`);
  }
  return folder;
}

/** Everything outside FILES_DIR: name, content and modification time. */
function outsideOf(folder: TempFolder, inside = "data/files"): string[] {
  const seen: string[] = [];
  const look = (below: string) => {
    for (const { name, isDirectory, isFile } of Deno.readDirSync(folder.file(below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (path === inside) continue;
      const { mtime, mode } = Deno.lstatSync(folder.file(path));
      const text = isFile ? Deno.readTextFileSync(folder.file(path)) : "";
      seen.push(isDirectory ? path : `${path} ${mtime?.getTime()} ${mode} ${text}`);
      if (isDirectory) look(path);
    }
  };
  look("");
  return [...seen.sort(), `/etc/passwd ${Deno.statSync("/etc/passwd").mtime?.getTime()}`];
}

Deno.test("an id that leads out of the folder makes its job FAILED, one that leads nowhere is tried again", async () => {
  await using folder = await baited();
  const before = outsideOf(folder);
  const told = await handled(start(folder, [...OUTSIDE, ...NOWHERE]));
  assert.equal(told.length, OUTSIDE.length + NOWHERE.length);
  assert.ok(told.length >= 60, `${told.length} paths`);
  for (const [id, outcome] of told.slice(0, OUTSIDE.length)) {
    assert.equal(outcome, "gave up: The file is not below data/files", id);
  }
  for (const [id, outcome] of told.slice(OUTSIDE.length)) assert.match(outcome, /^failed: /, id);
  assert.deepEqual(outsideOf(folder), before);
});

Deno.test("names that only look like a way out are ordinary files", async () => {
  await using folder = await baited();
  const names = [
    ...[
      "..hidden",
      "...",
      "a..b",
      "%2e%2e",
      "..%2f",
      "a b",
      "-rf",
      "naïve 日本語 😀",
      "\u202etxt",
      "a\\b",
      "~",
      "$HOME",
    ],
    ...["'", '"', "`id`", "a;b", "*", "con", ".env", "a\nb", "{x}", "..\\queue.db"],
  ];
  const ids = names.map((name) => `data/files/${name}`);
  for (const id of ids) Deno.writeTextFileSync(folder.file(id), "");
  const roundabout = [
    "data/files/sub/../good.txt",
    "./data/./files//good.txt",
    "data/files/none/../sub/deep.txt",
  ];
  const absolute = [folder.file("data/files/good.txt"), `/${folder.file("data/files/good.txt")}`];
  const told = await handled(start(folder, [...ids, ...roundabout, ...absolute]));
  assert.deepEqual(told.filter(([, outcome]) => outcome !== "done"), []);
  assert.equal(told.length, ids.length + 5);
  for (const id of ids) assert.match(Deno.readTextFileSync(folder.file(id)), /stamped by tester/, id);
  assert.equal(Deno.readTextFileSync(folder.file("data/files/good.txt")).split("stamped").length, 5);
});

Deno.test("a link is never followed, wherever it is and wherever it leads", async () => {
  await using folder = await baited();
  const links: Record<string, string> = {
    "data/files/to_file": "../../secret.txt",
    "data/files/to_absolute": folder.file("secret.txt"),
    "data/files/to_folder": "../",
    "data/files/to_root": "/",
    "data/files/to_sibling": "../files2",
    "data/files/to_itself": "to_itself",
    "data/files/to_nothing": "../nothing.txt",
    "data/files/to_good": "good.txt",
    "data/files/to_sub": "sub",
    "data/files/to_link": "to_file",
    "data/files/sub/up": "../../..",
  };
  for (const [path, target] of Object.entries(links)) Deno.symlinkSync(target, folder.file(path));
  const through = [
    "to_folder/queue.db",
    "to_root/etc/passwd",
    "to_sibling/near.txt",
    "to_sub/deep.txt",
    "sub/up/secret.txt",
  ];
  const ids = [...Object.keys(links), ...through.map((path) => `data/files/${path}`)];
  const before = outsideOf(folder);
  const told = await handled(start(folder, ids));
  assert.equal(told.length, ids.length);
  for (const [id, outcome] of told) assert.match(outcome, /^gave up: .*(?:symbolic link|a folder)/, id);
  assert.deepEqual(outsideOf(folder), before);
  assert.equal(Deno.readTextFileSync(folder.file("data/files/good.txt")), "data/files/good.txt\n");
});

Deno.test("FILES_DIR may itself be a link, and is no way out then either", async () => {
  await using folder = await baited();
  Deno.symlinkSync("files", folder.file("data/linked"));
  Deno.symlinkSync("../../secret.txt", folder.file("data/files/to_file"));
  const ids = [
    "data/linked/good.txt",
    "data/linked/../queue.db",
    "data/linked/to_file",
    "data/files/good.txt",
  ];
  const before = outsideOf(folder);
  // With only the supervisor's permissions: the folder under the name in the setting.
  const allowed = ["--allow-read=data/linked", "--allow-write=data/linked"];
  const told = await handled(start(folder, ids, { filesDir: "data/linked", allowed }));
  assert.deepEqual(told.map(([, outcome]) => outcome), [
    "done",
    "gave up: The file is not below data/linked",
    "gave up: The file is a symbolic link",
    "gave up: The file is not below data/linked",
  ]);
  assert.deepEqual(outsideOf(folder), before);
});

Deno.test("a path that is not a regular file does not block its thread", async () => {
  await using folder = await baited();
  for (const name of ["pipe", "pipe_2"]) {
    await new Deno.Command("mkfifo", { args: [folder.file(`data/files/${name}`)] }).output();
  }
  using _socket = Deno.listen({ transport: "unix", path: folder.file("data/files/socket") });
  const names = ["pipe", "pipe_2", "socket", "sub", "sub/"];
  const told = await handled(start(folder, names.map((name) => `data/files/${name}`)));
  assert.deepEqual(
    told.map(([, outcome]) => outcome),
    names.map(() => "gave up: This is a folder or a device, not a file"),
  );
});

Deno.test({
  name: "a file that cannot be written or reached fails the attempt, and is tried again",
  ignore: isRoot, // who may do everything
  fn: async () => {
    await using folder = await baited();
    Deno.chmodSync(folder.file("data/files/good.txt"), 0o400);
    Deno.chmodSync(folder.file("data/files/sub"), 0);
    const told = await handled(start(folder, ["data/files/good.txt", "data/files/sub/deep.txt"]));
    Deno.chmodSync(folder.file("data/files/sub"), 0o700);
    for (const [id, outcome] of told) assert.match(outcome, /^failed: .*permission denied/i, id);
  },
});

const SWAPPED = 10_000;

/** Swaps the two at `path`, thousands of times while the child checks. */
async function swap(
  folder: TempFolder,
  path: string,
  make: readonly ((next: string) => void)[],
): Promise<void> {
  await eventually("it has begun", () => Deno.stat(folder.file("data/files/started")).catch(() => null));
  for (let i = 0; i < SWAPPED; i++) {
    make[i % make.length]?.(`${path}.next`);
    Deno.renameSync(`${path}.next`, path);
    if (i % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  Deno.writeTextFileSync(folder.file("data/files/stop"), "");
}

const SWAPS: Record<string, (folder: TempFolder) => (next: string) => void> = {
  "a link to a file outside": (folder) => (next) => Deno.symlinkSync(folder.file("elsewhere/good.txt"), next),
  "a pipe": (folder) => {
    const pipe = folder.file("pipe");
    new Deno.Command("mkfifo", { args: [pipe] }).outputSync();
    return (next) => Deno.linkSync(pipe, next);
  },
};

for (const [what, trap] of Object.entries(SWAPS)) {
  Deno.test(`a file that becomes ${what} between two checks is not taken for what it was`, async () => {
    await using folder = await baited();
    const plain = (next: string) => Deno.writeTextFileSync(next, "");
    const traps = [plain, trap(folder)];
    const before = outsideOf(folder);
    const told = handled(start(folder, ["data/files/good.txt"], { goesOn: true }));
    await swap(folder, folder.file("data/files/good.txt"), traps);
    const outcomes = new Set((await told).map(([, outcome]) => outcome));
    assert.ok(outcomes.has("done"), "it succeeded when it met the regular file");
    assert.ok(outcomes.size > 1, "it met the other one as well");
    assert.deepEqual(outsideOf(folder), before);
  });
}

Deno.test("a file that has a second name is not written to, because another program may own it", async () => {
  await using folder = await baited();
  await Deno.link(folder.file("elsewhere/good.txt"), folder.file("data/files/hard.txt"));
  await Deno.link(folder.file("data/queue.db"), folder.file("data/files/queue.txt"));
  const before = outsideOf(folder);
  const told = await handled(start(folder, ["data/files/hard.txt", "data/files/queue.txt"]));
  for (const [, outcome] of told) {
    assert.equal(outcome, "gave up: The file has a second name elsewhere (a hard link)");
  }
  assert.equal(told.length, 2);
  assert.deepEqual(outsideOf(folder), before);
});
