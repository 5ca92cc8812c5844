/**
 * The settings: read once from the environment and `.env`, checked, frozen.
 * All problems are reported at once. An empty value counts as unset.
 */
import { checkTogether } from "./config/cross_rules.ts";
import { parseDotenv } from "./config/dotenv.ts";
import { realPath } from "./config/place_rules.ts";
import { isTokenAccepted } from "./config/public_rules.ts";
import { misreadVariables, withVariables } from "./config/queue_variables.ts";
import { DEFAULT_PASSWORD } from "./config/secrets.ts";
import { misspeltInEnvironment, SettingReader, unknownInDotenv } from "./config/setting_reader.ts";
import type { SettingSources } from "./config/load_settings.ts";
import type { Settings } from "./config/settings.ts";

export type { MachineFacts } from "./config/cross_rules.ts";
export type { HandlerAllow } from "./config/handler_allow.ts";
export { SETTING_NAMES, type SettingName, SETTINGS, type Settings } from "./config/settings.ts";

/** The settings cannot be used. Exit code 78. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  /** @param problems One sentence each: what was given, what is allowed, an example. Never a secret. */
  constructor(readonly problems: readonly string[]) {
    super(["The settings cannot be used:", ...problems.map((problem) => `- ${problem}`)].join("\n"));
  }
}

/**
 * @param sources The environment, which takes precedence; the text of `.env`, or null if there is none; and the folder
 * that relative paths start from, the current one unless given. @throws {ConfigurationError} with every problem
 */
export function readSettings(
  { env, dotenv, startDir = Deno.cwd(), dotenvFile, bindAddress, machine }:
    & Pick<SettingSources, "env" | "dotenv">
    & Partial<SettingSources>,
): Settings {
  const { values: file, problems: inFile } = parseDotenv(dotenv ?? "");
  const reader = new SettingReader({ ...file, ...withoutEmpty(env) }, startDir);
  const values = reader.readAll();
  const settings = {
    ...values,
    queueUrl: withVariables(values.queueUrl, env),
    startDir,
    dotenvFile: dotenvFile ?? realPath(`${startDir}/.env`),
    filesDir: reader.absolute(values.filesPrefix),
    bindAddress: bindAddress ?? values.host,
    handlerEnv: {},
  };
  const warnings = [
    ...checkTogether(settings, reader, machine),
    ...file.MANAGER_PASSWORD ? [] : emptySecrets(env, "the environment"),
  ];
  const forHandlers = settings.handlerAllow.env;
  const problems = [
    ...inFile,
    ...env.MANAGER_PASSWORD ? [] : emptySecrets(file, ".env"),
    ...unknownInDotenv(Object.keys(file), forHandlers),
    ...misspeltInEnvironment(Object.keys(env).filter((name) => !forHandlers.includes(name))),
    ...reader.problems,
    ...misreadVariables(values.queueUrl, env),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  const handlerEnv = Object.freeze(pick(file, forHandlers.filter((name) => !env[name])));
  const apiToken = isTokenAccepted(settings) ? settings.apiToken : null;
  return Object.freeze({ ...settings, apiToken, handlerEnv, warnings: Object.freeze(warnings) });
}

/** An empty value was meant to set the password, so the default, which is public, must not silently replace it. */
function emptySecrets({ MANAGER_PASSWORD }: Readonly<Record<string, string>>, where: string): string[] {
  if (MANAGER_PASSWORD !== "") return [];
  return [
    `MANAGER_PASSWORD in ${where} is empty, so the password would be the default, ${DEFAULT_PASSWORD}: set one, or ` +
    "remove the name",
  ];
}

function withoutEmpty(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

function pick(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));
}
