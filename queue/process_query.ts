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
