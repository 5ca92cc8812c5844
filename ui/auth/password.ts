/** The password of the pages: how it is compared, and how it is recognized in storage. */
import { Buffer } from "node:buffer";
import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { HttpError } from "../http/errors.ts";
import { Semaphore } from "@persistent-queue/queue";

const HASH_BYTES = 32;

/** Parameters of scrypt. */
export interface HashCost {
  readonly N: number;
  readonly p: number;
}

/**
 * A hash takes 16 MiB and about a third of a second of a core. At most two run at once in the whole process; a line of 64
 * is served within about ten seconds.
 */
const COST: HashCost = { N: 2 ** 14, p: 5 };
const hashing = new Semaphore(2, { maxWaiting: 64 });

export interface Turn {
  readonly rank?: number;
  readonly signal?: AbortSignal;
}

/** The one password, compared in constant time and slowly enough to make guessing expensive. */
export class Password {
  readonly #salt = randomBytes(16);
  readonly #password: string;
  readonly #cost: HashCost;
  #expected: Promise<Uint8Array> | null = null;

  constructor(password: string, cost = COST) {
    this.#password = normalized(password);
    this.#cost = cost;
  }

  /**
   * @param turn `rank`: attempts with a lower rank are hashed first; `signal`: aborts when the client has disconnected
   * @throws {HttpError} 503 if too many are waiting
   */
  async matches(attempt: string, turn: Turn = {}): Promise<boolean> {
    const expected = await this.#hash();
    return timingSafeEqual(await this.#hashOf(normalized(attempt), this.#salt, turn), expected);
  }

  /** Identifies the password in storage; testing a guess against it costs as much as a login attempt. */
  async verifier(): Promise<string> {
    return [this.#salt, await this.#hash()].map((bytes) => Buffer.from(bytes).toString("base64url")).join(
      ".",
    );
  }

  /** Whether `verifier` was made from the same password. */
  async isIn(verifier: string): Promise<boolean> {
    const [salt, expected] = verifier.split(".").map((part) => Buffer.from(part, "base64url"));
    if (salt === undefined || expected?.length !== HASH_BYTES) return false;
    return timingSafeEqual(await this.#hashOf(this.#password, salt), expected);
  }

  /** Different for each secret and each password; without the secret no password guess can be tested against it. */
  seal(secret: string | Uint8Array): Buffer {
    return createHmac("sha256", secret).update(this.#password).digest();
  }

  /** Computed at the first attempt, so that startup does not cost a hash. */
  async #hash(): Promise<Uint8Array> {
    this.#expected ??= this.#hashOf(this.#password, this.#salt).catch((error) => {
      this.#expected = null;
      throw error;
    });
    return await this.#expected;
  }

  #hashOf(password: string, salt: Uint8Array, turn: Turn = {}): Promise<Uint8Array> {
    return hash({ password, salt, cost: this.#cost }, turn);
  }
}

/** Some keyboards send `é` as one character and some as two: it is the same password. */
function normalized(password: string): string {
  return password.normalize("NFC");
}

interface Hashed {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly cost: HashCost;
}

async function hash({ password, salt, cost }: Hashed, turn: Turn): Promise<Uint8Array> {
  if (!await hashing.take(turn)) {
    const options = { headers: { "Retry-After": "5" } };
    throw new HttpError(503, "busy", "Too many people are logging in at this moment. Try again.", options);
  }
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password, salt, HASH_BYTES, { ...cost, r: 8, maxmem: 2 ** 26 }, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  } finally {
    hashing.release();
  }
}
