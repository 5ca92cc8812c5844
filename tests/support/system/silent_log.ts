import type { Log } from "../../../workers/log.ts";

const ignore = () => {};

/** For tests that look at what happens, and not at what is written about it. */
export const SILENT_LOG: Log = {
  ...{ debug: ignore, info: ignore, warn: ignore, error: ignore, audit: ignore, close: ignore },
  [Symbol.dispose]: ignore,
};
