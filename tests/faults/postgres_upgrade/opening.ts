/** `opening.ts <url>`: opens the queue as a supervisor does, which upgrades it. */
import { openStore } from "@persistent-queue/queue";

await (await openStore(Deno.args[0] ?? "", "owner")).close();
