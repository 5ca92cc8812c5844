/** `opening.ts <url>`: opens the queue as a supervisor does, which upgrades it, and says so when a line comes in. */
import { openStore } from "@persistent-queue/queue";

await Deno.stdin.read(new Uint8Array(1));
await (await openStore(Deno.args[0] ?? "", "owner")).close();
console.log("opened");
