/**
 * Calls that would end or move the whole process throw an error in a handler. A handler can still make some of them by
 * importing the function by name from `node:process`: `abort` ends the process, which is charged to the job, and after
 * `chdir` the supervisor restores the working folder. `exit` calls `reallyExit`, which throws. A `Worker` imported by name
 * from `node:worker_threads` shares the permissions of all threads and can revoke them, until a restart. It could only be
 * refused altogether, with every package that has a pool of threads.
 */
import process from "node:process";

type Call = (...values: unknown[]) => unknown;

/** Called once, before any handler is loaded. */
export function fence(): void {
  const ending = "it would end its thread. Return, or throw GiveUp";
  refuse(Deno, "exit", ending);
  for (const name of ["exit", "reallyExit", "abort"]) refuse(process, name, ending);
  refuse(globalThis, "close", ending);
  const moving = "the working folder is that of the whole system. Use absolute paths";
  refuse(Deno, "chdir", moving);
  refuse(process, "chdir", moving);
  for (const object of [Deno, process]) {
    refuse(object, "umask", "the umask is that of the whole system", (mask) => mask === undefined);
    refuse(object, "kill", "the system would end with it", isAnotherProcess);
  }
  // What an imported `kill` calls.
  refuse(process, "_kill", "the system would end with it", isAnotherProcess);
  for (const name of ["setuid", "setgid", "seteuid", "setegid", "setgroups", "initgroups"]) {
    refuse(process, name, "the user is that of the whole system");
  }
  for (const name of ["revoke", "revokeSync"]) {
    refuse(Object.getPrototypeOf(Deno.permissions), name, "permissions are those of the whole system");
  }
  refuseStolenLocks();
  separateOwnWorkers();
}

function isAnotherProcess(pid: unknown): boolean {
  return Number(pid) > 0 && Number(pid) !== Deno.pid;
}

function refuse(object: object, name: string, why: string, isHarmless: Call = () => false): void {
  const original: unknown = Reflect.get(object, name);
  if (typeof original !== "function") return;
  const value = function (this: unknown, ...values: unknown[]): unknown {
    if (isHarmless(...values)) return original.apply(this, values);
    throw new Error(`A handler cannot call ${name}(): ${why}.`);
  };
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** A thread whose liveness lock was stolen could no longer be ended. */
function refuseStolenLocks(): void {
  const { locks } = globalThis.navigator as unknown as { readonly locks: object };
  const isNoTheft: Call = (_name, options) => !(options as { readonly steal?: unknown } | undefined)?.steal;
  refuse(Object.getPrototypeOf(locks), "request", "with `steal` it would take another's lock", isNoTheft);
}

/** A handler's worker would share its permissions, and could revoke them for all other handlers, so it gets its own. */
function separateOwnWorkers(): void {
  const kinds = ["net", "env", "read", "write", "run", "sys", "ffi", "import"];
  const permissions = Object.fromEntries(kinds.map((kind) => [kind, "inherit"]));
  globalThis.Worker = new Proxy(globalThis.Worker, {
    construct: (
      target,
      [url, options = {}]: [string | URL, (WorkerOptions & { deno?: object })?],
      newTarget,
    ) => Reflect.construct(target, [url, { ...options, deno: { permissions, ...options.deno } }], newTarget),
  });
}
