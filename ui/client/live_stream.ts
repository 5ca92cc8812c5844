/** The server's event stream, kept open for as long as the page is visible. */

export interface StreamOptions {
  readonly url: string;
  readonly event: string;
  /** Called with the text of each event. */
  readonly onEvent: (data: string) => void;
  /** Called when the connection is made or lost. */
  readonly onConnection: (isConnected: boolean) => void;
  /** After this long without an event the connection is dead, in milliseconds. */
  readonly silenceMs?: number;
}

/** The Manager's stream sends something every few seconds. */
const SILENCE_MS = 12_000;
const AGAIN_MS = 1_000;

/** Opens the stream, reopens it when it breaks, and closes it while the tab is hidden. */
export function liveStream(options: StreamOptions): void {
  const { url, event, onEvent, onConnection, silenceMs = SILENCE_MS } = options;
  let source: EventSource | null = null;
  let heardAt = 0;

  const open = () => {
    source?.close();
    heardAt = performance.now();
    source = new EventSource(url);
    source.addEventListener("open", () => onConnection(true));
    source.addEventListener(event, (message) => {
      heardAt = performance.now();
      onConnection(true);
      onEvent(message.data);
    });
    // The browser reconnects by itself, but neither after a refusal nor on a dead connection: the timer does.
    source.addEventListener("error", () => onConnection(false));
  };
  const watch = () => {
    if (document.hidden) return;
    const isDead = performance.now() - heardAt > silenceMs;
    if (isDead) onConnection(false);
    if (isDead || source === null || source.readyState === EventSource.CLOSED) open();
  };
  const follow = () => {
    if (!document.hidden) return open();
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("online", follow);
  addEventListener("offline", () => onConnection(false));
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (shown) => shown.persisted && follow());
  setInterval(watch, AGAIN_MS);
  follow();
}
