/** A real disk of a few megabytes, to be filled to the last byte. Only root can mount one, and not everywhere. */
import { tempFolder } from "../temp_folder.ts";

export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Fills the free space. Returns how many bytes that took. */
  fill(): number;
  /** Frees that space again. */
  makeRoom(): void;
}

export async function isMountable(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  await using folder = await tempFolder();
  try {
    await using _ = await smallDisk(folder.path, 1);
    return true;
  } catch {
    return false;
  }
}

export async function smallDisk(path: string, megabytes: number): Promise<SmallDisk> {
  await run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path);
  const filler = `${path}/filler`;
  return {
    path,
    fill: () => fill(filler),
    makeRoom: () => Deno.removeSync(filler),
    [Symbol.asyncDispose]: () => run("umount", path),
  };
}

function fill(filler: string): number {
  using file = Deno.openSync(filler, { create: true, append: true });
  const page = new Uint8Array(4096).fill(1);
  for (let bytes = 0;;) {
    try {
      bytes += file.writeSync(page);
    } catch (error) {
      if (error instanceof Error && /No space left/.test(error.message)) return bytes;
      throw error;
    }
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}
