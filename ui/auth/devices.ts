/**
 * Browsers that have logged in before have a signed cookie that says so, and nothing about a session. At the login they
 * are throttled for their own wrong passwords only, so that the guesses of others do not lock them out.
 */
import { PRIVATE_FILE, type SharedByHosts, StorageError } from "@persistent-queue/queue";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Password } from "./password.ts";

const KEY_BYTES = 32;
const ID = /^[\w-]{22}$/;
/** The fact that the hosts of one queue share: the key of the first of them. */
const SHARED = { realm: "pages", key: "device-key" } as const;
const RETRY_MS = 5_000;

export interface DevicesOptions {
  /** Changing the password invalidates all device cookies. */
  readonly password: Password;
  /** The file in which the key outlives the process; null = the key ends with the process. */
  readonly keyFile: string | null;
  /** Null: there is one host. Otherwise all hosts share their devices. */
  readonly shared: Pick<SharedByHosts, "put" | "list"> | null;
  /** Receives the reason if the file cannot be used; devices are then known until the process ends. */
  readonly onFault: (error: unknown) => void;
}

export class Devices {
  /** Resolves when the shared key is known, or cannot be read for the moment. */
  readonly ready: Promise<void>;
  readonly #options: DevicesOptions;
  /** The key of this host alone. */
  readonly #own: Uint8Array;
  #ofAll: Uint8Array | null = null;
  #triedAt = -Infinity;

  constructor(options: DevicesOptions) {
    const { keyFile, onFault } = options;
    this.#options = options;
    this.#own = keyFile === null ? randomBytes(KEY_BYTES) : keyIn(keyFile, onFault);
    this.ready = this.#share();
  }

  /** The value of a new device's cookie. */
  issue(): string {
    const id = randomBytes(16).toString("base64url");
    return `${id}.${this.#signatureOf(id, this.#ofAll ?? this.#own).toString("base64url")}`;
  }

  /** The id of the device with this cookie; null if the cookie was not issued here. */
  idOf(value: string): string | null {
    if (this.#ofAll === null) this.#share();
    const [id = "", signature = ""] = value.split(".");
    const given = Buffer.from(signature, "base64url");
    const keys = [this.#ofAll ?? this.#own, this.#own];
    const isSigned = keys.map((key) => this.#signatureOf(id, key)).some((wanted) =>
      given.length === wanted.length && timingSafeEqual(given, wanted)
    );
    return ID.test(id) && isSigned ? id : null;
  }

  #signatureOf(id: string, key: Uint8Array): Buffer {
    return createHmac("sha256", this.#options.password.seal(key)).update(id).digest();
  }

  /** The key of the first host becomes that of all. While the server is down, this is retried from time to time. */
  async #share(): Promise<void> {
    const { shared, onFault } = this.#options;
    if (shared === null || performance.now() - this.#triedAt < RETRY_MS) return;
    this.#triedAt = performance.now();
    try {
      const text = Buffer.from(this.#own).toString("base64url");
      await shared.put({ ...SHARED, text, livesMs: Infinity }, null);
      const [stored] = (await shared.list(SHARED.realm)).filter(({ key }) => key === SHARED.key);
      const key = Buffer.from(stored?.text ?? "", "base64url");
      if (key.length === KEY_BYTES) this.#ofAll = key;
    } catch (error) {
      if (!(error instanceof StorageError)) onFault(error);
    }
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

/** Null if there is none, or only part of one. */
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
  // An incomplete old file may have had any mode.
  Deno.chmodSync(path, PRIVATE_FILE);
  return key;
}
