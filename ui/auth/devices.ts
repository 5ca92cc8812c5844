/**
 * Browsers that have logged in before carry a signed cookie that says so, and nothing about a session. At the login they
 * wait for their own wrong passwords alone, so that the guesses of others do not shut them out.
 */
import { PRIVATE_FILE, type SharedByHosts, StorageError } from "@persistent-queue/queue";
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Password } from "./password.ts";

const KEY_BYTES = 32;
const ID = /^[\w-]{22}$/;
/** What the hosts of one queue share: the key of the first of them. */
const SHARED = { realm: "pages", key: "device-key" } as const;
const RETRY_MS = 5_000;

export interface DevicesOptions {
  /** Another password makes strangers of all of them. */
  readonly password: Password;
  /** Where the key outlives the process; null = it ends with it. */
  readonly keyFile: string | null;
  /** Null: there is one host. Otherwise its devices are known to all, and theirs here. */
  readonly shared: Pick<SharedByHosts, "put" | "list"> | null;
  /** Hears why the file cannot be used; devices are known until the process ends then. */
  readonly onFault: (error: unknown) => void;
}

export class Devices {
  /** Resolves when the key of all hosts is known, or cannot be for the moment. */
  readonly ready: Promise<void>;
  readonly #options: DevicesOptions;
  /** Of this host alone. */
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

  /** Whose cookie this is; null when it was not issued here. */
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

  /** The key of the first host becomes that of all. While the server is away, it is tried again by and by. */
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
