/**
 * Stores sessions where all hosts on the queue see them: a person logged in on one is logged in on all.
 *
 * Each session is a fact, whose key is the hash of its token. An unknown token makes this host read all the facts, at most
 * twice a second. The end of a session is announced to the other hosts at once; if the message is lost, they notice at
 * their next read. While the server is down, the sessions known here stay valid, and changes are published later.
 */
import { type Fact, MINUTE_MS, type SharedByHosts, StorageError } from "@persistent-queue/queue";
import { HttpError } from "../http/errors.ts";
import { EndedSessions } from "./ended_sessions.ts";
import { Era, ERA_KEY, eraIdIn } from "./era.ts";
import { CoalescedReads, within } from "./coalesced_reads.ts";
import type { Password } from "./password.ts";
import type { SessionKeeper } from "./session.ts";
import type { SessionTable } from "./session_table.ts";
import { sessionIn, sessionText } from "./session_text.ts";

const MIN_INTERVAL_MS = 500;
const PATIENCE_MS = 1_000;
/** How often to read without being asked: while there are sessions, and while something could not be published. */
const READ_EVERY_MS = 10_000;
const RETRY_MS = 2_000;
/** A visit changes little: the stored time of the last one may be this old. */
const VISITS_STORED_AFTER_MS = 30_000;
/** A fact outlives its session, so that a visit at its last moment still finds it. */
const SLACK_MS = MINUTE_MS;
/** A token that was unknown a moment ago is not looked up again. */
const UNKNOWN_FOR_MS = 1_000;
const MAX_UNKNOWN = 1_000;
const MAX_ASKED = 10_000;

export interface SharedSessionsOptions {
  /** The name of the page: it shares its sessions with no other. */
  readonly realm: string;
  readonly shared: SharedByHosts;
  readonly password: Password;
  /** Receives errors other than an unreachable server. */
  readonly onFault: (error: unknown) => void;
  /** Warns that another host has a different password. */
  readonly onWarning: (sentence: string) => void;
}

/** The last known content of a session's fact. */
interface Stored {
  readonly text: string;
  readonly seenAt: number;
}

type ReadFact = Pick<Fact, "key" | "text">;

interface ReadContext {
  /** The sessions stored when the read began: those that are missing from the facts have ended. */
  readonly before: ReadonlySet<string>;
  /** The hashes of tokens that clients sent. */
  readonly asked: ReadonlySet<string>;
}

export class SharedSessions implements SessionKeeper {
  readonly #table: SessionTable;
  readonly #options: SharedSessionsOptions;
  readonly #era: Era;
  readonly #ended: EndedSessions;
  readonly #reads = new CoalescedReads({
    read: () => this.#read(),
    ...{ minIntervalMs: MIN_INTERVAL_MS, patienceMs: PATIENCE_MS },
  });
  readonly #stored = new Map<string, Stored>();
  readonly #storing = new Set<string>();
  /** The hashes of tokens that clients sent since the last read. */
  #asked: Set<string> = new Set();
  #judging: Promise<void> | null = null;
  readonly #unknownSince = new Map<string, number>();
  /** The server is unreachable, and nothing is known about the other hosts. */
  #isServerDown = false;
  #isClosed = false;

  constructor(table: SessionTable, options: SharedSessionsOptions) {
    [this.#table, this.#options] = [table, options];
    this.#era = new Era({ ...options, onBegin: () => this.#ended.publishEndOfAll() });
    this.#ended = new EndedSessions({
      ...options,
      onEnd: (hash) => this.#forget(hash),
      onEndOfAll: () => this.#reads.requestIn(0),
    });
  }

  async begin(): Promise<void> {
    await this.#reads.request();
    await this.#judging;
  }

  async opened(hash: string): Promise<void> {
    if (this.#era.id === null) await this.#reads.request();
    await within(PATIENCE_MS, this.#attempt(() => this.#store(hash)));
  }

  visited(hash: string): void {
    if (this.#isDue(hash)) this.#attempt(() => this.#store(hash));
    else this.#reads.requestIn(READ_EVERY_MS);
  }

  /** While the server is down, an unknown session may be made up or another host's. */
  ended(hash: string, { wasKnown }: { readonly wasKnown: boolean }): void {
    if (!wasKnown && !(this.#isServerDown && this.#ended.hasRoom)) return;
    this.#stored.delete(hash);
    this.#ended.note(hash);
    if (!this.#isServerDown) this.#attempt(() => this.#ended.publish());
  }

  async lookUp(hashes: readonly string[]): Promise<void> {
    const now = performance.now();
    const isNew = (hash: string) => now - (this.#unknownSince.get(hash) ?? -Infinity) >= UNKNOWN_FOR_MS;
    if (!hashes.some(isNew)) return;
    if (this.#asked.size < MAX_ASKED) { for (const hash of hashes) this.#asked.add(hash); }
    if (!await this.#reads.request()) this.#isServerDown = true;
    if (this.#isServerDown) return;
    if (this.#unknownSince.size >= MAX_UNKNOWN) this.#unknownSince.clear();
    for (const hash of hashes) if (this.#table.living(hash) === null) this.#unknownSince.set(hash, now);
  }

  close(): void {
    this.#isClosed = true;
    this.#ended.close();
    this.#reads.close();
    // The store completes these calls before it closes.
    for (const [hash, { seenAt }] of this.#table.all) {
      if (seenAt > (this.#stored.get(hash)?.seenAt ?? -1)) this.#attempt(() => this.#store(hash));
    }
  }

  /** Never throws. */
  async #read(): Promise<void> {
    if (this.#isClosed) return;
    await this.#attempt(async () => {
      await this.#ended.publish();
      const before = new Set(this.#stored.keys());
      const asked = this.#asked;
      this.#asked = new Set();
      await this.#adopt(await this.#options.shared.list(this.#options.realm), { before, asked });
      this.#isServerDown = false;
      const hasEra = this.#table.all.size === 0 || await this.#era.begin();
      // Another host was faster.
      if (!hasEra && !this.#era.isAlone) this.#reads.requestIn(MIN_INTERVAL_MS);
      if (this.#ended.areUnpublished) this.#reads.requestIn(MIN_INTERVAL_MS);
    });
    for (const hash of this.#table.all.keys()) if (this.#isDue(hash)) this.#attempt(() => this.#store(hash));
    if (this.#table.all.size > 0) this.#reads.requestIn(READ_EVERY_MS);
  }

  async #adopt(facts: readonly ReadFact[], { before, asked }: ReadContext): Promise<void> {
    const stated = facts.find(({ key }) => key === ERA_KEY)?.text ?? null;
    // The password is part of a token's hash: a session found by its hash was opened with our password.
    const isProven = stated !== null &&
      facts.some(({ key, text }) =>
        asked.has(key) && sessionIn(text, { era: eraIdIn(stated), now: this.#table.now() }) !== null
      );
    const isNeeded = this.#table.all.size > 0;
    const isSameEra = await this.#era.follow(stated, isProven ? "proven" : isNeeded ? "judge" : "unneeded");
    if (facts.length > 1 && this.#era.isUnjudged) this.#judge();
    const era = this.#era.id;
    const found = new Set(
      facts.flatMap((fact) => era !== null && this.#adoptOne(fact, era) ? [fact.key] : []),
    );
    for (const hash of before) {
      if (found.has(hash)) continue;
      this.#stored.delete(hash);
      // Without the era's fact the server has lost everything, and the sessions are kept.
      if (!isSameEra || stated !== null) this.#table.remove(hash);
    }
    this.#table.forgetOld();
  }

  /** Runs in the background: no read waits for a password hash. */
  #judge(): void {
    this.#judging ??= this.#attempt(async () => {
      await this.#era.judge();
      await this.#reads.request();
    }).finally(() => this.#judging = null);
  }

  #adoptOne({ key: hash, text }: ReadFact, era: string): boolean {
    const found = sessionIn(text, { era, now: this.#table.now() });
    if (found === null) return false;
    if (this.#ended.has(hash)) {
      // A host that did not know of its end has written it again.
      this.#ended.note(hash);
      return true;
    }
    this.#stored.set(hash, { text, seenAt: found.seenAt });
    const known = this.#table.all.get(hash);
    if (known !== undefined) known.seenAt = Math.max(known.seenAt, found.seenAt);
    else if (this.#table.livesMs(found) > 0) this.#table.add(hash, found);
    return true;
  }

  #forget(hash: string): void {
    this.#stored.delete(hash);
    this.#table.remove(hash);
  }

  /** Whether the stored copy of a session is too old. */
  #isDue(hash: string): boolean {
    const session = this.#table.all.get(hash);
    const stored = this.#stored.get(hash);
    if (session === undefined || this.#storing.has(hash)) return false;
    if (stored === undefined) return this.#era.id !== null;
    return session.seenAt > stored.seenAt && this.#table.now() - stored.seenAt >= VISITS_STORED_AFTER_MS;
  }

  async #store(hash: string): Promise<void> {
    const session = this.#table.all.get(hash);
    const era = this.#era.id;
    if (session === undefined || era === null) return;
    const [text, { seenAt }] = [sessionText(era, session), session];
    const livesMs = this.#table.livesMs(session) + SLACK_MS;
    const before = this.#stored.get(hash)?.text ?? null;
    if (text === before || livesMs <= 0) return;
    const { realm, shared } = this.#options;
    this.#storing.add(hash);
    const isStored = await shared.put({ realm, key: hash, text, livesMs }, before)
      .finally(() => this.#storing.delete(hash));
    // Another host has ended or updated it: the next read tells which.
    if (!isStored) this.#reads.requestIn(MIN_INTERVAL_MS);
    else if (!this.#ended.has(hash)) this.#stored.set(hash, { text, seenAt });
    else {
      this.#ended.note(hash);
      await this.#ended.publish();
    }
  }

  /** Does it now; if that fails, the next successful read does it. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isBusy = error instanceof HttpError;
      if (!(error instanceof StorageError) && !isBusy) this.#options.onFault(error);
      this.#isServerDown ||= !isBusy;
      this.#reads.requestIn(RETRY_MS);
    }
  }
}
