/** A guard in a process of its own. Argument: the file in which its child tells its story. Exits as its child does. */
import { guard } from "../../workers/guard.ts";
import { GUARDED } from "../../workers/process/guard_watch.ts";

const child = new URL("./guarded_child.ts", import.meta.url).href;
const args = ["run", "--quiet", "--no-prompt", "--allow-write", child, Deno.args[0] ?? "", "wait", GUARDED];
Deno.exit(await guard({ command: Deno.execPath(), args }));
