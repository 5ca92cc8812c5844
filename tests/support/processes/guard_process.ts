/** A guard in a process of its own. Arguments: those of Deno for what it guards. Exits with the same code. */
import { guard } from "../../../workers/guard.ts";
import { GUARDED } from "../../../workers/guarded.ts";

Deno.exit(await guard({ command: Deno.execPath(), args: [...Deno.args, GUARDED] }));
