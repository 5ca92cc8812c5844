/** Follows `/events`: opens it, notices when it breaks, opens it again; not while nobody looks. */
import type { Snapshot } from "../ops/snapshot.ts";

export interface StreamListener {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** The stream broke or fell silent. It is being sought again; the next snapshot says that it was found. */
  readonly onLost: () => void;
}

/** The server sends at least one snapshot a second. */
const SILENT_MS = 5000;
const RETRY_MS = 1000;

export function followSnapshots({ onSnapshot, onLost }: StreamListener): void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const leave = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const lose = () => {
    leave();
    onLost();
    // The browser's own way to reconnect gives up for good at the first answer that is an error.
    timer = setTimeout(open, RETRY_MS);
  };
  const expect = () => {
    clearTimeout(timer);
    timer = setTimeout(lose, SILENT_MS);
  };
  const open = () => {
    source = new EventSource("/events");
    source.addEventListener("snapshot", ({ data }) => {
      expect();
      onSnapshot(JSON.parse(data));
    });
    source.addEventListener("error", lose);
    expect();
  };
  const look = () => {
    leave();
    if (!document.hidden) open();
  };
  document.addEventListener("visibilitychange", look);
  look();
}
