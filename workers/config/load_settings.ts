/** The settings of this process: its environment, and the `.env` of the folder it was started in. */
import { readSettings, SETTING_NAMES, type Settings } from "../config.ts";

/** @throws {ConfigurationError} with every problem */
export function loadSettings(): Settings {
  return readSettings({ env: environment(), dotenv: dotenv() });
}

/** All of it where that is allowed, and that is where misspelt names are found; else only our own names. */
function environment(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return Deno.env.toObject();
  return Object.fromEntries(SETTING_NAMES.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

function dotenv(): string | null {
  try {
    return Deno.readTextFileSync(".env");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
