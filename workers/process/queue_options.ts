/** The options of the queue that follow from the settings. */
import { DAY_MS, type OpenOptions } from "@persistent-queue/queue";
import type { Settings } from "../config.ts";
import { stateFile } from "./folders.ts";
import { handlersOf } from "./handler_project.ts";

export function queueOptions(settings: Settings): OpenOptions {
  const { retryDelaysMs, crashLimit, stallMs, retentionDays } = settings;
  const { kinds, handlersDir } = handlersOf(settings);
  return {
    ...{ kinds, handlersDir, retryDelaysMs, crashLimit, stallMs, retentionMs: retentionDays * DAY_MS },
    requestRecord: stateFile(settings, "requests"),
  };
}
