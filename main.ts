/**
 * Persistent Queue: settings → log → signals → queue, which the pages may have to wait for → supervisor → pages.
 *
 * `start` runs a guard that keeps the supervisor alive, `supervise` starts it once, `jobs` is the command line.
 */
import { fileURLToPath } from "node:url";
import {
  EXIT,
  getQueue,
  makeConsoleUnfailing,
  messageOf,
  type OpenOptions,
  type Queue,
  type QueueEvent,
  sleep,
  StorageError,
} from "@persistent-queue/queue";
import type { Pages } from "@persistent-queue/ui";
import {
  addressesOf,
  assertEnoughFiles,
  canLaunch,
  closeOwnAddresses,
  ConfigurationError,
  DEFAULT_PASSWORD,
  DEFAULT_QUEUE_PATH,
  forgetSettings,
  greetingOf,
  HandlerCheck,
  handlerPermissions,
  handlersOf,
  HostedThreads,
  isGuarded,
  isStartedAgain,
  launchSupervisor,
  loadSettings,
  type Log,
  logEvent,
  misreadVariables,
  openLog,
  openWhenFree,
  prepareFolders,
  problemOfCopy,
  projectFolder,
  queueOptions,
  removeOldConsumerLogs,
  SampleFiles,
  type Settings,
  stateFile,
  Supervisor,
  takeSettings,
  whenAskedToStop,
  whenGuardIsGone,
  withVariables,
} from "@persistent-queue/workers";

const VERSION = "1.0.0";
/** In the project folder. A command that reads it before the first start finds an empty queue. */
const DEFAULT_QUEUE_URL = `sqlite:${fileURLToPath(new URL(DEFAULT_QUEUE_PATH, import.meta.url))}`;
/** How long a shutdown may take after running jobs have had their time to finish. */
const SHUTDOWN_LIMIT_MS = 10_000;
/** The longest that running jobs get when the system cannot go on, because a restart may wait for the end. */
const FATAL_STOP_MS = 5_000;
/** The greeting says that consumers are at work. If none ever is, it is printed anyway after this time. */
const GREETING_MS = 5_000;
const USAGE = `Usage: persistent-queue [start | supervise | jobs …]
  start      the whole system, under a guard that restarts it (the default)
  supervise  the same without the guard, for systemd and containers; either goes on
             when its terminal closes, with --nohup or where nohup started it
  jobs       add, list, show, resubmit, cancel, stats, backup, verify, move: see jobs --help`;

async function main([command = "start", ...args]: readonly string[]): Promise<number> {
  makeConsoleUnfailing();
  switch (command) {
    case "start":
      return await launchSupervisor({ mainUrl: import.meta.url, restarts: true });
    case "supervise":
      if (isGuarded() || !canLaunch()) return await supervise();
      return await launchSupervisor({ mainUrl: import.meta.url, restarts: false });
    case "jobs":
      return await jobs(args);
    default:
      console.error(USAGE);
      return EXIT.usage;
  }
}

async function supervise(): Promise<number> {
  const settings = await takeSettings();
  prepareFolders(settings);
  assertEnoughFiles(settings);
  using log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
  for (const warning of settings.warnings) log.warn(warning);
  return await run(settings, log).catch((error) => {
    log.error(messageOf(error));
    throw error;
  });
}

interface End {
  readonly exitCode: number;
  /** How long running jobs may take to finish; `STOP_MS` unless given. */
  readonly patienceMs?: number;
}

async function run(settings: Settings, log: Log): Promise<number> {
  const { promise: ended, resolve: end } = Promise.withResolvers<End>();
  whenAskedToStop({
    onFirst: () => end({ exitCode: EXIT.done }),
    onSecond: () => Deno.exit(EXIT.interrupted),
  });
  // The next guard may already be waiting for the database.
  whenGuardIsGone().then(() => end({ exitCode: EXIT.done, patienceMs: 0 }));
  const pages = await pagesOf(settings, log);
  const open = (onHeld: (why: string) => void) => openQueue(settings, { role: "owner", joins: true, onHeld });
  const onWait = async (why: string) => {
    await pages.wait(why);
    return addressesOf(settings, pages.urls).join("\n");
  };
  const opened = openWhenFree(open, { log, onWait, isRestart: isStartedAgain() });
  const queue = await Promise.race([opened, ended.then(() => null)]);
  // The attempt to open the queue ends with the process.
  if (queue === null) return (await ended).exitCode;
  const onFatal = (exitCode: number, why: string) => {
    end({ exitCode, patienceMs: Math.min(settings.stopMs, FATAL_STOP_MS) });
    log.error(why);
    console.error(why);
  };
  // Only now: a supervisor that the queue refuses would remove logs of the one that runs.
  await removeOldConsumerLogs(settings.logDir);
  const threads = new HostedThreads(handlerPermissions(settings, import.meta.url));
  const onBroken = (kinds: ReadonlySet<string>) => queue.claimExcept(kinds);
  const { folder } = handlersOf(settings);
  const check = new HandlerCheck({ folder, threads, limits: settings, log, onBroken });
  const warnings = () => [...log.warning === null ? [] : [`${log.warning}.`], ...pages.warnings];
  const supervisor = new Supervisor({ queue, settings, log, threads, check, warnings, onFatal });
  queue.subscribe(printTrouble);
  const sampleFiles = new SampleFiles(settings);
  queue.subscribe((event) => event.type === "removed" && sampleFiles.remove(event.ids));
  await pages.show(queue, supervisor).catch(throwAsSetting);
  closeOwnAddresses(settings);
  const checked = check.begin();
  queue.claimAfter(checked);
  const started = Promise.all([supervisor.start(), checked])
    .then(() => Promise.race([supervisor.begun, sleep(GREETING_MS)]));
  const hasStarted = await Promise.race([started.then(() => true), ended.then(() => false)]);
  if (hasStarted) console.log(greetingOf(settings, pages.urls));

  const { exitCode, patienceMs = settings.stopMs } = await ended;
  console.log("Stopping: running jobs may finish …");
  // A hang during shutdown must not keep the database from the next supervisor.
  const deadline = setTimeout(() => Deno.exit(exitCode), patienceMs + SHUTDOWN_LIMIT_MS);
  check.stop();
  await supervisor.stop({ patienceMs });
  await pages.close();
  await queue.close();
  await sampleFiles.done;
  clearTimeout(deadline);
  console.log("Stopped.");
  return exitCode;
}

/** What the terminal last said about the storage. */
let printedTrouble: string | null = null;

/** Also printed on the terminal, so that an operator need not look for the log first. */
function printTrouble(event: QueueEvent): void {
  if (event.type !== "storage") return;
  printedTrouble = event.trouble;
  console.error(event.trouble ?? "The storage works again.");
}

/** Loaded only in a process that serves them: the guard lives as long, and does not need them. */
async function pagesOf(settings: Settings, log: Log): Promise<Pages> {
  const { Pages } = await import("@persistent-queue/ui");
  return new Pages({
    ...settings,
    version: VERSION,
    password: settings.managerPassword,
    passwordIsDefault: settings.managerPassword === DEFAULT_PASSWORD,
    stateFile: (name) => stateFile(settings, name),
    onFault: (error) => log.error(messageOf(error)),
    onWarning: (sentence) => log.warn(sentence),
    onAudit: (sentence) => log.audit(sentence),
  });
}

/** A port or path that is already in use is a wrong setting. @throws always */
async function throwAsSetting(error: unknown): Promise<never> {
  const { ServeError } = await import("@persistent-queue/ui");
  throw error instanceof ServeError ? new ConfigurationError([error.message]) : error;
}

async function jobs(args: readonly string[]): Promise<number> {
  const settings = loadSettings();
  const env = Deno.env.toObject();
  forgetSettings();
  // Writes to the supervisor's log, which only the supervisor rotates: two processes that rotate one file lose lines.
  using log = openLog({
    dir: settings.logDir,
    level: settings.logLevel,
    name: "jobqueue",
    maxSize: Number.MAX_SAFE_INTEGER,
    // A command that only reads creates no log file, least of all in a wrong folder.
    opensWhenNeeded: true,
  });
  const openGuest = async ({ mustExist }: { readonly mustExist: boolean }) => {
    const queue = await openQueue(settings, {
      role: "guest",
      mustExist: mustExist && settings.queueUrl !== DEFAULT_QUEUE_URL,
      onCreated: (path) => console.error(`There was no database ${path}: a new one was made.`),
    });
    queue.subscribe((event) => logEvent(log, event));
    return queue;
  };
  const { jobsCommand, osUser, printToStdout, textOf } = await import("@persistent-queue/ui");
  return await jobsCommand(args, {
    openQueue: openGuest,
    queueUrl: settings.queueUrl,
    completeUrl: (url, setting) => ({
      url: withVariables(url, env),
      problems: misreadVariables(url, env, setting),
    }),
    problemOfCopy: (path) => problemOfCopy(path, settings, projectFolder(settings.handlersDir)?.path ?? null),
    print: printToStdout,
    printError: console.error,
    readInput: async () => textOf(await new Response(Deno.stdin.readable).bytes()),
    confirm: Deno.stdin.isTerminal() ? (question) => confirm(question) : null,
    onInterrupt: (listener) =>
      whenAskedToStop({ onFirst: listener, onSecond: () => Deno.exit(EXIT.interrupted) }),
    actor: { by: `command line (user ${osUser()})`, audit: log.audit },
    elapsed: () => performance.now(),
  });
}

function openQueue(settings: Settings, how: OpenOptions): Promise<Queue> {
  return getQueue(settings.queueUrl, { ...how, ...queueOptions(settings), version: VERSION });
}

/** An error that an operator can fix is printed as one sentence, without a stack. */
function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigurationError) {
    for (const problem of error.problems) console.error(problem);
    return EXIT.configuration;
  }
  if (messageOf(error) !== printedTrouble) console.error(messageOf(error));
  return error instanceof StorageError ? EXIT.storage : EXIT.failed;
}

if (import.meta.main) Deno.exit(await main(Deno.args).catch(exitCodeOf));
