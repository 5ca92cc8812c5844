/** The processes that work on a queue, as a store keeps them. */

export interface ProcessIdentity {
  /** A UUID, new at each start. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Of the program. */
  readonly version: string;
}

export interface ProcessRow extends ProcessIdentity {
  /** Milliseconds since 1970, by the store's clock. */
  readonly startedAt: number;
  /** The time of its last beat, by the same clock. */
  readonly seenAt: number;
  /** The backend knows that the process is dead, or has not seen it for the time given. */
  readonly isDead: boolean;
  /** The view that it passed with its latest beat; null: none. */
  readonly view: string | null;
  /** The kinds that it claims, as far as other hosts can see. */
  readonly kinds: readonly string[];
}

/** What decides which processes count as dead. */
export interface ProcessQuery {
  /** A process that has not been seen for this long counts as dead. */
  readonly silentForMs: number;
  /**
   * The id of a process that is known to have ended, because the calling one has taken its place. It counts as dead as soon
   * as its connections are closed, even while the calling process cannot yet judge others.
   */
  readonly predecessor?: string | null;
}
