/// <reference lib="deno.worker" />
/** A thread that is ready at once and then loads modules of the runtime, in random order. */
import { openChannel } from "../../workers/thread/runtime.ts";
import { holdLivenessLock } from "../../workers/thread/runtime.ts";

const MODULES = [
  "fs",
  "http2",
  "https",
  "crypto",
  "child_process",
  "vm",
  "zlib",
  "tls",
  "repl",
  "test",
  "dgram",
  "dns",
];

const { tell, listen } = await openChannel<null, { readonly type: "close" }>();
await holdLivenessLock();
listen(() => globalThis.close());
tell({ type: "ready" });
const shuffled = MODULES.map((name) => ({ name, at: Math.random() })).toSorted((a, b) => a.at - b.at);
await Promise.all(shuffled.map(({ name }) => import(`node:${name}`)));
