/** What the machine has, as far as this process may read it. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import type { MachineFacts, Settings } from "../config.ts";

const MB = 1_048_576;
/** Of statfs(2): tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6];

export function machineFacts({ queueUrl }: Pick<Settings, "queueUrl">): MachineFacts {
  return {
    memoryMb: mayAsk("systemMemoryInfo") ? memoryMb() : null,
    databaseIsInMemory: queueUrl.startsWith("sqlite:") && mayAsk("statfs")
      ? isInMemory(dirname(queueUrl.slice("sqlite:".length)))
      : null,
  };
}

function mayAsk(kind: "systemMemoryInfo" | "statfs"): boolean {
  return Deno.permissions.querySync({ name: "sys", kind }).state === "granted";
}

/** Without a limit, a container reports a huge number. */
function memoryMb(): number {
  const limit = process.constrainedMemory() || Infinity;
  return Math.floor(Math.min(Deno.systemMemoryInfo().total, limit) / MB);
}

/** The folder, or the one it will be made in; file system numbers mean the same on Linux only. */
function isInMemory(folder: string): boolean | null {
  if (Deno.build.os !== "linux") return null;
  try {
    return IN_MEMORY.includes(statfsSync(folder).type);
  } catch {
    return dirname(folder) === folder ? null : isInMemory(dirname(folder));
  }
}
