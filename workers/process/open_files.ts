/** How many more files the process may open: connections and threads count as well. */

export interface Opened {
  readonly opened: Deno.FsFile[];
  /** The system opens no more files; any other fault of the folder is ignored. */
  readonly isRefused: boolean;
}

/** Opens a folder up to `count` times. The caller closes what was opened. */
export function openSome(count: number, folder: string | URL): Opened {
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < count) opened.push(Deno.openSync(folder));
    return { opened, isRefused: false };
  } catch (error) {
    return { opened, isRefused: isOutOfFiles(error) };
  }
}

export function hasRoomFor(count: number, folder: string | URL): boolean {
  const { opened, isRefused } = openSome(count, folder);
  for (const file of opened) file.close();
  return !isRefused;
}

const TOO_MANY = ["EMFILE", "ENFILE"];

/** Whether this failed because the process, or the machine, had too many files open. */
export function isOutOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // An import that fails has the system's words, but no code.
  return TOO_MANY.includes(String(Reflect.get(error, "code"))) ||
    error.message.includes("Too many open files");
}
