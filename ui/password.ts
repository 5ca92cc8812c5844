import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { Refusal } from "./refusal.ts";
import { Slots } from "./slots.ts";

/**
 * A hash takes 16 MiB and about a third of a second of a core: two at once, in the whole process. A line of 64 is served
 * within some ten seconds.
 */
const hashing = new Slots(2, { maxWaiting: 64 });

/** The one password, compared in constant time and slowly enough to make guessing dear. */
export class Password {
  readonly #salt = randomBytes(16);
  readonly #password: string;
  #expected: Promise<Uint8Array> | null = null;

  constructor(password: string) {
    this.#password = password;
  }

  /**
   * @param options `rank`: attempts of a lower one are hashed first
   * @throws {Refusal} 503 when too many wait for their turn
   */
  async matches(attempt: string, { rank = 0 }: { rank?: number } = {}): Promise<boolean> {
    // At the first attempt, not at the start: a start should not cost a hash.
    this.#expected ??= hash(this.#password, this.#salt, 0).catch((error) => {
      this.#expected = null;
      throw error;
    });
    const expected = await this.#expected;
    return timingSafeEqual(await hash(attempt, this.#salt, rank), expected);
  }
}

/** Some keyboards send `é` as one character and some as two: it is the same password. */
export function normalized(password: string): string {
  return password.normalize("NFC");
}

async function hash(password: string, salt: Uint8Array, rank: number): Promise<Uint8Array> {
  if (!await hashing.take({ rank })) {
    const options = { headers: { "Retry-After": "5" } };
    throw new Refusal(503, "busy", "Too many people are logging in at this moment. Try again.", options);
  }
  try {
    return await new Promise((resolve, reject) => {
      const cost = { N: 2 ** 14, r: 8, p: 5, maxmem: 2 ** 26 };
      scrypt(normalized(password), salt, 32, cost, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  } finally {
    hashing.release();
  }
}
