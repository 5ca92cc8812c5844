/** One connection of the driver, which makes it again when it is lost. */
import { createClient } from "@redis/client";

export const CONNECT_MS = 5_000;
/** A script is over in milliseconds: a server that is silent for this long is gone. */
const SILENT_MS = 20_000;
const PING_MS = 5_000;
/** So long at most does the driver wait before it connects again, and a client that is closed meanwhile waits for it. */
const LONGEST_WAIT_MS = 1_000;

export interface Watch {
  /** Whether a lost connection is made again. */
  readonly isOpen: () => boolean;
  /** Called before the driver waits for so long, which nothing can end earlier. */
  readonly onWait: (ms: number) => void;
  /** Why there is no connection at the moment. */
  readonly onError: (error: unknown) => void;
}

/** A command that meets a lost connection fails: whether it took effect is unknown, so that it is not sent again. */
export function connect(url: string, { isOpen, onWait, onError }: Watch) {
  const waitMsOf = (tries: number) => {
    const waitMs = Math.min(50 * 2 ** tries, LONGEST_WAIT_MS);
    onWait(waitMs);
    return waitMs;
  };
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
    pingInterval: PING_MS,
    socket: {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      // The first connection is made or not: what waits for it says why.
      reconnectStrategy: (tries, cause) => isOpen() ? waitMsOf(tries) : cause,
    },
  });
  // Each call says what is wrong; the driver connects again by itself.
  client.on("error", onError);
  return client;
}

export type Connection = ReturnType<typeof connect>;
