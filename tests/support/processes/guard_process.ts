/** A guard in a process of its own. Arguments: how to call Deno for what it guards. Exits as that does. */
import { guard } from "../../../workers/guard.ts";
import { GUARDED } from "../../../workers/guard.ts";

Deno.exit(await guard({ command: Deno.execPath(), args: [...Deno.args, GUARDED] }));
