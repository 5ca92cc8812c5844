import { messageOf } from "@persistent-queue/queue";

const encoder = new TextEncoder();

/**
 * Prints whole lines, or throws: a command whose output is lost has failed, and its exit code says so. A reader that has
 * gone (`| head`) has had enough, and that is no failure.
 */
export function printToStdout(text: string): void {
  const bytes = encoder.encode(`${text}\n`);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new Error(`The output could not be written: ${messageOf(error)}.`, { cause: error });
  }
}
