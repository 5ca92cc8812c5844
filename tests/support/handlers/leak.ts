/** Opens files until that fails, and leaves them open; then returns, or runs on for as long as the payload says. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

const opened: Deno.FsFile[] = [];

export async function handler({ payload }: HandlerJob, { settings }: HandlerContext): Promise<unknown> {
  try {
    for (;;) opened.push(Deno.openSync(settings.filesDir));
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, Number(payload)));
    return String(error);
  }
}
