/** The public API of the pages: two servers, and what they need. */
export { type AppOptions, managerApp, opsApp } from "./app.ts";
export type { App } from "./base_app.ts";
export { jobsCommand } from "./cli/jobs_command.ts";
export { osUser, printToStdout, textOf } from "./cli/terminal.ts";
export { serve, type Served } from "./http/serve.ts";
export { ServeError } from "./http/errors.ts";
export { Pages } from "./pages.ts";
export { Throttle } from "./auth/throttle.ts";
