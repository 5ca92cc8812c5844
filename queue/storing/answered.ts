import { StorageError } from "../errors.ts";

/** `server`: its name. */
export function silence(server: string, place: string): StorageError {
  const says = `${server} does not answer`;
  return new StorageError(`${says} (${place}).`, { passing: true, publicMessage: `${says}.` });
}

const LAST_LOOK_MS = 50;

interface Patience {
  readonly withinMs: number;
  /** Its name and where it is, for the message. */
  readonly server: string;
  readonly place: string;
  readonly onSilence?: () => void;
}

/** The result of the call. @throws {StorageError} if there is none in time; the call goes on, and may still take effect */
export async function answered<T>(
  call: PromiseLike<T>,
  { withinMs, server, place, onSilence = () => {} }: Patience,
): Promise<T> {
  const patience = Promise.withResolvers<never>();
  const giveUp = () => {
    onSilence();
    patience.reject(silence(server, place));
  };
  // A thread that was held up reads, before the second timer, the answer that has come meanwhile.
  let timer = setTimeout(() => timer = setTimeout(giveUp, LAST_LOOK_MS), withinMs);
  try {
    return await Promise.race([call, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}
