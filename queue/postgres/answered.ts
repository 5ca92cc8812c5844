import { StorageError } from "../errors.ts";

interface Patience {
  readonly withinMs: number;
  /** Of the server, for the message. */
  readonly place: string;
  readonly onSilence?: () => void;
}

/** The result of the call. @throws {StorageError} if there is none in time; the call goes on, and may still take effect */
export async function answered<T>(
  call: PromiseLike<T>,
  { withinMs, place, onSilence = () => {} }: Patience,
): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    onSilence();
    const says = "PostgreSQL does not answer";
    silence.reject(new StorageError(`${says} (${place}).`, { passing: true, publicMessage: `${says}.` }));
  }, withinMs);
  try {
    return await Promise.race([call, silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
