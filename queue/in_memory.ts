/** Whether a folder lies in memory, and is gone when the machine restarts. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Of statfs(2): tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6];

/**
 * Of the folder, or the one it will be made in. Null: this process may not ask, or numbers of file systems mean something
 * else here.
 */
export function isInMemory(folder: string): boolean | null {
  if (Deno.build.os !== "linux" || !mayAsk()) return null;
  try {
    return IN_MEMORY.includes(statfsSync(folder).type);
  } catch {
    return dirname(folder) === folder ? null : isInMemory(dirname(folder));
  }
}

function mayAsk(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "statfs" }).state === "granted";
}
