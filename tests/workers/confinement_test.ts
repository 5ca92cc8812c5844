/**
 * What a handler may do, as tried by a handler: under the guard, under `supervise`, which systemd and
 * containers run, and in a supervisor that has all permissions and starts no process, like a compiled binary.
 */
import assert from "node:assert/strict";
import { copyProject } from "../mutate/copy_project.ts";
import { BACKEND } from "../support/backend.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { SPY } from "./spy_handlers.ts";
import { tempFolder } from "../support/temp_folder.ts";

const REFUSED = ["NotCapable", "TypeError"];

interface Tried {
  readonly dotenv: string;
  readonly allow?: (port: number, outside: string) => string;
}

/** The result of the spy's job, and the hosts that the process tried to reach. */
async function spy(command: "start" | "supervise confined" | "supervise", { dotenv, allow }: Tried) {
  await using project = await tempFolder();
  await using folder = await tempFolder();
  await Deno.mkdir(project.file("copy"));
  copyProject(project.file("copy"));
  await Deno.writeTextFile(project.file("copy/workers/handlers/spy.ts"), SPY);
  const asked: string[] = [];
  const proxy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const listening = noteWhoAsks(proxy, asked);
  const { port } = proxy.addr;
  const outside = project.file("elsewhere.txt");
  await Deno.writeTextFile(folder.file(".env"), dotenv);
  await using system = await runSystem({
    command,
    main: project.file("copy/main.ts"),
    folder: folder.path,
    env: {
      ...{ HTTPS_PROXY: `http://127.0.0.1:${port}`, DENO_NO_UPDATE_CHECK: "1" },
      ...(allow === undefined ? {} : { HANDLER_ALLOW: allow(port, outside) }),
    },
  });
  const own = Number(new URL(system.manager).port);
  const imports = { web: "https://example.com/steals?secret", uninstalled: "npm:steals-a-secret@1.0.0" };
  const payload = { port, own, outside, database: folder.file("data/queue.db"), ...imports };
  const response = await system.api("jobs", { id: "spy", kind: "spy", payload });
  await response.body?.cancel();
  const { result } = await system.until("spy", "COMPLETED");
  proxy.close();
  await listening;
  return { tried: result as Record<string, string>, asked };
}

/** Requests get no response: the requested address is enough. */
async function noteWhoAsks(proxy: Deno.TcpListener, asked: string[]): Promise<void> {
  for await (const connection of proxy) {
    const buffer = new Uint8Array(200);
    const length = await connection.read(buffer);
    if (length !== null) asked.push(new TextDecoder().decode(buffer.subarray(0, length)));
    connection.close();
  }
}

for (const command of ["start", "supervise confined", "supervise"] as const) {
  Deno.test(`${command}: a handler reads no secret, writes no code, reaches no host, and imports nothing from the web`, async () => {
    const { tried, asked } = await spy(command, { dotenv: "MANAGER_PASSWORD=a-secret-of-ours\n" });
    const done = Object.entries(tried).filter(([, outcome]) => !REFUSED.includes(outcome));
    assert.ok(Object.keys(tried).length > 10);
    assert.deepEqual(done, []);
    assert.deepEqual(asked, []);
  });

  Deno.test(`${command}: HANDLER_ALLOW opens what it names, and nothing else`, async () => {
    const { tried } = await spy(command, {
      dotenv: "HANDLER_SECRET=of the handlers\n",
      allow: (port, outside) =>
        `net=127.0.0.1:${port} env=HANDLER_SECRET,HOME read=/etc/passwd write=${outside}`,
    });
    const done = Object.entries(tried).filter(([, outcome]) => !REFUSED.includes(outcome));
    assert.deepEqual(done.map(([what]) => what), [
      "read /etc/passwd",
      "read a variable of the handlers",
      "read a stranger's variable",
      "write elsewhere",
      "reach another port",
    ]);
  });
}

const READER = `export const handler = ({ payload }) => payload.map((path) => {
  try {
    return Deno.readTextFileSync(path).length > 0;
  } catch (error) {
    return error.name;
  }
});`;

for (const HANDLER_ALLOW of ["", "read=."]) {
  Deno.test(`handlers of a project in which .env and the database lie can read the rest of it, HANDLER_ALLOW="${HANDLER_ALLOW}"`, async () => {
    await using folder = await tempFolder();
    await Deno.mkdir(folder.file("handlers"));
    await Deno.mkdir(folder.file("settings"));
    await Deno.mkdir(folder.file("texts"));
    await Deno.writeTextFile(folder.file("deno.json"), "{}");
    await Deno.writeTextFile(folder.file("texts/a.txt"), "a");
    await Deno.writeTextFile(folder.file("handlers/reads.ts"), READER);
    await Deno.writeTextFile(folder.file("settings/env"), "MANAGER_PASSWORD=a-secret-of-ours\n");
    await Deno.symlink("settings/env", folder.file(".env"));
    await using system = await runSystem({
      command: "start",
      folder: folder.path,
      env: { HANDLERS_DIR: "handlers", HANDLER_ALLOW },
    });
    const payload = ["texts/a.txt", "deno.json", ".env", "settings/env", "data/queue.db"];
    const response = await system.api("jobs", { id: "reads", kind: "reads", payload });
    await response.body?.cancel();
    const { result } = await system.until("reads", "COMPLETED");
    const database = BACKEND === "sqlite" ? "NotCapable" : "NotFound";
    assert.deepEqual(result, [true, true, "NotCapable", "NotCapable", database]);
  });
}
