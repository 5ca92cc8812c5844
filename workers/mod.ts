/** The door of the workers: what runs, and what it needs to be told. */
export { forgetSettings, loadSettings } from "./config/load_settings.ts";
export { ConfigurationError, readSettings, type Settings } from "./config.ts";
export { DEFAULT_PASSWORD } from "./config/public_rules.ts";
export { logEvent } from "./telling/describe.ts";
export { EXIT } from "./process/exit_codes.ts";
export { prepareFolders, stateFile } from "./process/folders.ts";
export { isGuarded, whenGuardIsGone } from "./process/guard_watch.ts";
export { GiveUp, type HandlerContext, type HandlerJob, RetryLater } from "./handler.ts";
export { listKinds } from "./handlers.ts";
export { HandlerCheck } from "./places/handler_check.ts";
export { handlersOf } from "./process/handler_project.ts";
export { type Log, openLog, removeOldConsumerLogs } from "./log.ts";
export { canLaunch, launchSupervisor, takeSettings } from "./process/launch.ts";
export { closeOwnAddresses } from "./process/permissions.ts";
export { assertEnoughFiles } from "./process/machine.ts";
export { SampleFiles } from "./sample_files.ts";
export { Supervisor } from "./supervisor.ts";
export { whenAskedToStop } from "./process/stop_signals.ts";
