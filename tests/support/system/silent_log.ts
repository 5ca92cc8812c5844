import type { Log } from "../../../workers/log.ts";

const ignore = () => {};

/** For tests that check behaviour, and not the log. */
export const SILENT_LOG: Log = {
  ...{ debug: ignore, info: ignore, warn: ignore, error: ignore, audit: ignore, close: ignore },
  warning: null,
  [Symbol.dispose]: ignore,
};
