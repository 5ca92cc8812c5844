/** Limits how long a call waits for a server that does not answer. */
import { StorageError } from "../errors.ts";

/** `server`: the server's name. */
export function silence(server: string, place: string): StorageError {
  const says = `${server} does not answer`;
  return new StorageError(`${says} (${place}).`, { passing: true, publicMessage: `${says}.` });
}

const LAST_LOOK_MS = 50;

interface Patience {
  readonly withinMs: number;
  /** The server's name and address, for the message. */
  readonly server: string;
  readonly place: string;
  readonly onSilence?: () => void;
}

/** Returns the result of the call. @throws {StorageError} on timeout; the call goes on, and may still take effect */
export async function withTimeout<T>(
  call: PromiseLike<T>,
  { withinMs, server, place, onSilence = () => {} }: Patience,
): Promise<T> {
  const patience = Promise.withResolvers<never>();
  const giveUp = () => {
    onSilence();
    patience.reject(silence(server, place));
  };
  // The second timer lets a thread that was blocked read an answer that has arrived meanwhile.
  let timer = setTimeout(() => timer = setTimeout(giveUp, LAST_LOOK_MS), withinMs);
  try {
    return await Promise.race([call, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}
