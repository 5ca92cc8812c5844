/** Prints in one of the ways that libraries know; the payload names it, and the descriptor. */
import type { HandlerJob } from "@persistent-queue/workers";
import { Buffer } from "node:buffer";
import process from "node:process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const BYTES = new TextEncoder().encode("to the terminal\n");
const TEXT = "to the terminal\n";

type Descriptor = 1 | 2;

const print = (to: Descriptor) => to === 1 ? console.log : console.error;
const ofDeno = (to: Descriptor) => to === 1 ? Deno.stdout : Deno.stderr;
const ofNode = (to: Descriptor) => to === 1 ? process.stdout : process.stderr;

export const WAYS: Readonly<Record<string, (to: Descriptor) => unknown>> = {
  "console": (to) => print(to)(TEXT),
  "process": (to) => ofNode(to).write(TEXT),
  "process, awaited": (to) =>
    new Promise((resolve) => ofNode(to).write(Buffer.from(BYTES), () => resolve(0))),
  "a pipeline": (to) => pipeline(Readable.from([TEXT]), ofNode(to), { end: false }),
  "Deno": (to) => ofDeno(to).write(BYTES),
  "Deno, at once": (to) => ofDeno(to).writeSync(BYTES),
  "a stream of Deno": async (to) => {
    const writer = ofDeno(to).writable.getWriter();
    await writer.write(BYTES);
    writer.releaseLock();
  },
};

export async function handler({ payload }: HandlerJob): Promise<string> {
  const { way, to } = payload as { readonly way: string; readonly to: Descriptor };
  await WAYS[way]?.(to);
  return "done";
}
