/** Handlers that try what they must not do, and report for each try whether it was refused. */

/** A handler file, to be written into a copy of the project. What it finds out is the job's result. */
export const SPY = `import { DatabaseSync } from "node:sqlite";
import type { Handler } from "../handler.ts";

async function outcome(attempt: () => unknown): Promise<string> {
  try {
    return "done: " + String(await attempt());
  } catch (error) {
    return error instanceof Error ? error.name : "odd";
  }
}

function present(value: string | undefined): string {
  if (value === undefined) throw new TypeError("It is not there.");
  return value;
}

export const handler: Handler = async (job) => {
  const { port, own, outside, web, uninstalled, database } = job.payload as {
    [name in "port" | "own"]: number;
  } & { [name in "outside" | "web" | "uninstalled" | "database"]: string };
  const connect = (port: number) => Deno.connect({ hostname: "127.0.0.1", port }).then((one) => one.close());
  const listen = (options: object) => Deno.listen(options as Deno.TcpListenOptions).close();
  return {
    "read /etc/passwd": await outcome(() => Deno.readTextFileSync("/etc/passwd")),
    "read .env": await outcome(() => Deno.readTextFileSync(".env")),
    "write .env": await outcome(() => Deno.writeTextFileSync(".env", "CONSUMERS=1")),
    "read the token": await outcome(() => Deno.env.get("API_TOKEN")),
    "read the password": await outcome(() => Deno.env.get("MANAGER_PASSWORD")),
    "read a variable of the handlers": await outcome(() => present(Deno.env.get("HANDLER_SECRET"))),
    "read a stranger's variable": await outcome(() => Deno.env.get("HOME")),
    "read the database": await outcome(() => Deno.readFileSync(database).length),
    "read who is logged in": await outcome(() => Deno.readFileSync(database + ".sessions").length),
    "open the database": await outcome(() => new DatabaseSync(database).close()),
    "delete the database": await outcome(() => Deno.removeSync(database)),
    "write beside the database": await outcome(() => Deno.writeTextFileSync(database + "-evil", "")),
    "write code": await outcome(() => Deno.writeTextFileSync(new URL("evil.ts", import.meta.url), "")),
    "write elsewhere": await outcome(() => Deno.writeTextFileSync(outside, "")),
    "reach another port": await outcome(() => connect(port)),
    "reach its own system": await outcome(() => connect(own)),
    "listen beside its own system": await outcome(() => listen({ hostname: "127.0.0.1", port: own, reusePort: true })),
    "listen on a socket of virtual machines": await outcome(() => listen({ transport: "vsock", cid: 1, port })),
    "import from the web": await outcome(() => import(web)),
    "import a package that is not installed": await outcome(() => import(uninstalled)),
    "run a program": await outcome(() => new Deno.Command("env").outputSync().code),
  };
};
`;
