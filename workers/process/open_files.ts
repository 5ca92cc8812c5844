/** How many more files the process may open. Connections and threads count too. */

export interface Opened {
  readonly opened: Deno.FsFile[];
  /** The system refuses to open more files; any other failure is ignored. */
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

/** Whether this failed because the process or the machine has too many files open. */
export function isOutOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // An import that fails has the system's message, but no code.
  return TOO_MANY.includes(String(Reflect.get(error, "code"))) ||
    error.message.includes("Too many open files");
}
