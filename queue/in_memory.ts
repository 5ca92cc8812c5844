/** Whether a folder is on a memory file system, whose content is lost when the machine restarts. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** The types of tmpfs and ramfs in statfs(2). */
const IN_MEMORY = [0x01021994, 0x858458f6];

/**
 * For a missing folder, judges the parent it will be created in. Null: this process lacks the permission to ask, or the
 * platform has other file system numbers.
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
