/** Whether this process runs. A zombie, which waits to be reaped by its parent, does not. */
export function isAlive(pid: number): boolean {
  try {
    if (Deno.build.os === "linux") return /\) [^ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // It ended while it was being read.
    if (error instanceof Error && /no such process/i.test(error.message)) return false;
    throw error;
  }
}
