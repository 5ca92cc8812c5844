/** A store on which no supervisor works. */
import { printable } from "../basics/text.ts";
import { QueueError, StorageError } from "../errors.ts";
import { keepSupervisorsOut, type OpenOptions, openStore } from "../get_queue.ts";
import type { Store } from "../store.ts";

export interface StoreAtRest extends AsyncDisposable {
  readonly store: Store;
  /** Checks again, where a supervisor could have started meanwhile. @throws {QueueError} `rejected` if one works on it */
  assertAtRest(): Promise<void>;
}

interface AtRestOptions extends Pick<OpenOptions, "mustExist" | "onCreated"> {
  /** For messages: `source` or `target`. */
  readonly name: string;
  /** For messages: the option or setting that holds the URL. */
  readonly setting: string;
}

/** A process that has been silent for this long is dead, where the backend does not know better. */
const SILENT_MS = 30_000;

/**
 * Opens the store as a guest. If one machine owns it, no supervisor can start on it until it is disposed.
 * @throws {QueueError} `rejected` if one works on it
 * @throws {StorageError} if it cannot be opened
 */
export async function openAtRest(
  url: string,
  { name, setting, ...options }: AtRestOptions,
): Promise<StoreAtRest> {
  await using undo = new AsyncDisposableStack();
  const store = await openNamed(url, setting, options);
  undo.defer(() => store.close());
  const lock = await keepSupervisorsOut(url);
  if (lock === "taken") throw atWork(`A supervisor works on the ${name}: stop it first.`);
  if (lock !== "none") undo.use(lock);
  // The lock proves that all supervisors are dead.
  const assertAtRest = async () => lock === "none" ? await assertNoneLives(store, name) : undefined;
  await assertAtRest();
  const parts = undo.move();
  return { store, assertAtRest, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** Backends always name QUEUE_URL in their messages. */
async function openNamed(
  url: string,
  setting: string,
  options: Pick<OpenOptions, "mustExist" | "onCreated">,
) {
  try {
    return await openStore(url, "guest", options);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { passing, publicMessage } = error;
    throw new StorageError(error.message.replaceAll("QUEUE_URL", setting), {
      ...{ passing, publicMessage, cause: error },
    });
  }
}

async function assertNoneLives(store: Store, name: string): Promise<void> {
  const living = (await store.processes({ silentForMs: SILENT_MS })).find(({ isDead }) => !isDead);
  if (living === undefined) return;
  const which = `host ${printable(living.host)}, process ${living.pid}`;
  throw atWork(
    `A supervisor works on the ${name} (${which}): stop it first. One that was killed counts as dead after ten seconds.`,
  );
}

function atWork(message: string): QueueError {
  return new QueueError("rejected", message);
}
