/** Takes memory until there is none left, in the way that the payload names. */
import type { HandlerJob } from "@persistent-queue/workers";

export async function handler({ payload }: HandlerJob): Promise<void> {
  switch (payload) {
    case "after a while":
      await Deno.readTextFile(new URL(import.meta.url));
      return hoardNumbers();
    case "by and by":
      return await hoardByAndBy();
    case "buffers by and by":
      return await hoardBuffers();
    case "buffers at once":
      return hoardBuffersAtOnce();
    default:
      return hoardNumbers();
  }
}

function hoardNumbers(): never {
  const hoard: number[][] = [];
  for (;;) hoard.push(new Array<number>(100_000).fill(0.5));
}

function hoardByAndBy(): Promise<never> {
  const hoard: unknown[] = [];
  setInterval(() => {
    for (let i = 0; i < 20_000; i++) hoard.push({ i, text: `number ${i}` });
  }, 1);
  return new Promise(() => {});
}

async function hoardBuffers(): Promise<never> {
  const hoard: Uint8Array[] = [];
  for (;;) {
    hoard.push(new Uint8Array(4_000_000).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function hoardBuffersAtOnce(): never {
  const hoard: Uint8Array[] = [];
  // Not all of the memory: the test is not about whether the machine survives.
  for (;;) if (hoard.length < 500) hoard.push(new Uint8Array(4_000_000).fill(1));
}
