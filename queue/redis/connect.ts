/** One connection of the driver, which reconnects when it is lost. */
import { createClient } from "@redis/client";

export const CONNECT_MS = 5_000;
/** A script takes milliseconds: a server that is silent for this long is gone. */
const SILENT_MS = 20_000;
const PING_MS = 5_000;
/** The driver waits at most this long before it reconnects, and a client that is closed meanwhile waits for it. */
const LONGEST_BACKOFF_MS = 1_000;

export interface Watch {
  /** Whether to reconnect when the connection is lost. */
  readonly isOpen: () => boolean;
  /** Called before each backoff of the driver, which nothing can cut short. */
  readonly onBackoff: (ms: number) => void;
  /** Why there is no connection at the moment. */
  readonly onError: (error: unknown) => void;
}

/** A command fails when its connection is lost: whether it took effect is unknown, so it is not sent again. */
export function connect(url: string, { isOpen, onBackoff, onError }: Watch) {
  const backOff = (tries: number) => {
    const waitMs = Math.min(50 * 2 ** tries, LONGEST_BACKOFF_MS);
    onBackoff(waitMs);
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
      // The first connection is not retried: the caller that waits for it reports why it failed.
      reconnectStrategy: (tries, cause) => isOpen() ? backOff(tries) : cause,
    },
  });
  // Each call reports its own error; the driver reconnects by itself.
  client.on("error", onError);
  return client;
}

export type Connection = ReturnType<typeof connect>;
