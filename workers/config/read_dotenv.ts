/** The file `.env` as text. */
import { messageOf } from "@persistent-queue/queue";
import { ConfigurationError } from "./configuration_error.ts";

/**
 * Null if there is none. @throws {ConfigurationError} if it cannot be read as text: ignoring it would leave
 * the defaults in force
 */
export function readDotenv(path = ".env"): string | null {
  const bytes = bytesOf(path);
  return bytes === null ? null : decode(bytes);
}

function bytesOf(path: string): Uint8Array | null {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !isLink(path)) return null;
    throw new ConfigurationError([`The file .env cannot be read: ${messageOf(error)}`]);
  }
}

/** A link that leads nowhere is a file that was meant to be there. */
function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below.
  }
  throw new ConfigurationError([
    "The file .env is not in UTF-8 (in UTF-16 or Latin-1, perhaps): save it as UTF-8, or its values are not what you typed",
  ]);
}
