/**
 * Browsers that have logged in before carry a signed cookie that says so, and nothing about a session. At the login they
 * wait for their own wrong passwords alone, so that the guesses of others do not shut them out.
 */
import { PRIVATE_FILE } from "@persistent-queue/queue";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Password } from "./password.ts";

const KEY_BYTES = 32;
const ID = /^[\w-]{22}$/;

export interface DevicesOptions {
  /** Another password makes strangers of all of them. */
  readonly password: Password;
  /** Where the key outlives the process; null = it ends with it. */
  readonly keyFile: string | null;
  /** Hears why the file cannot be used; devices are known until the process ends then. */
  readonly onFault: (error: unknown) => void;
}

export class Devices {
  readonly #key: Uint8Array;

  constructor({ password, keyFile, onFault }: DevicesOptions) {
    this.#key = password.seal(keyFile === null ? randomBytes(KEY_BYTES) : keyIn(keyFile, onFault));
  }

  /** The value of a new device's cookie. */
  issue(): string {
    const id = randomBytes(16).toString("base64url");
    return `${id}.${this.#signatureOf(id).toString("base64url")}`;
  }

  /** Whose cookie this is; null when it was not issued here. */
  idOf(value: string): string | null {
    const [id = "", signature = ""] = value.split(".");
    const given = Buffer.from(signature, "base64url");
    const wanted = this.#signatureOf(id);
    return ID.test(id) && given.length === wanted.length && timingSafeEqual(given, wanted) ? id : null;
  }

  #signatureOf(id: string): Buffer {
    return createHmac("sha256", this.#key).update(id).digest();
  }
}

function keyIn(path: string, onFault: (error: unknown) => void): Uint8Array {
  try {
    return keyOf(path) ?? newKey(path);
  } catch (error) {
    onFault(error);
    return randomBytes(KEY_BYTES);
  }
}

/** Null when there is none, or half a one. */
function keyOf(path: string): Uint8Array | null {
  try {
    const key = Deno.readFileSync(path);
    return key.length === KEY_BYTES ? key : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function newKey(path: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  Deno.writeFileSync(path, key, { mode: PRIVATE_FILE });
  // One that was there, too short, may have had any mode.
  Deno.chmodSync(path, PRIVATE_FILE);
  return key;
}
