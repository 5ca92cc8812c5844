/**
 * The sample job: works for `WORK_MS` on the file that its id names, then stamps it with the time.
 * If the file is deleted in the meantime, this is noticed within a second, and the attempt fails.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, writeSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { sleep } from "@persistent-queue/queue/basics";
import { GiveUp, type Handler, type HandlerSettings } from "../handler.ts";

const LOOK_MS = 500;

export const handler: Handler = async (job, { signal, settings }) => {
  const path = () => resolveBelow(settings, job.id);
  // By the monotonic clock, because the wall clock may be set.
  const doneAt = performance.now() + settings.workMs;
  for (let leftMs = settings.workMs; leftMs > 0; leftMs = doneAt - performance.now()) {
    path();
    await sleep(Math.min(leftMs, LOOK_MS), signal);
    signal.throwIfAborted();
  }
  append(
    path,
    `${new Date().toISOString()} stamped by ${job.consumerId}, lease ${job.lease}\n`,
  );
};

/**
 * The path of the file, which must be below FILES_DIR whatever the id says. The id is untrusted: `..`, absolute paths
 * and symbolic links anywhere on the way are refused here.
 */
function resolveBelow({ filesDir, startDir, severalHosts }: HandlerSettings, id: string): string {
  const below = relative(filesDir, resolve(startDir, id));
  if (below === "" || below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    const shown = relative(startDir, filesDir);
    throw new GiveUp(`The file is not below ${shown.startsWith("..") ? filesDir : shown}`);
  }
  const path = join(filesDir, below);
  assertThere(path, severalHosts ? NOT_HERE : "The file does not exist");
  // FILES_DIR itself may be a link.
  if (Deno.realPathSync(path) !== join(Deno.realPathSync(filesDir), below)) {
    throw new GiveUp("The path of the file goes through a symbolic link");
  }
  return path;
}

/** For a queue of several hosts: the file may be on the host that created it. */
const NOT_HERE = "The file does not exist on this host: FILES_DIR must be a folder that all hosts share";

function assertThere(path: string, ifMissing: string): void {
  const found = lstatOrNull(path);
  if (found === null) throw new Error(ifMissing);
  if (found.isSymlink) throw new GiveUp("The file is a symbolic link");
  if (!found.isFile) throw new GiveUp("This is a folder or a device, not a file");
  // The other name may belong to any program, such as a database, whose locks are lost when another process closes the
  // file.
  if ((found.nlink ?? 1) > 1) throw new GiveUp("The file has a second name elsewhere (a hard link)");
}

function lstatOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Without `O_CREAT`, so that a deleted file is not created again; opening a pipe does not block either. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;

/** A link may be planted at any moment, so the opened file must be the one at this path both before and after opening. */
function append(path: () => string, line: string): void {
  const file = openSync(path(), APPEND);
  try {
    const [opened, found] = [fstatSync(file), lstatSync(path())];
    if (opened.ino !== found.ino || opened.dev !== found.dev) throw new Error("The file was replaced");
    if (opened.nlink > 1) throw new GiveUp("The file has a second name elsewhere (a hard link)");
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}
