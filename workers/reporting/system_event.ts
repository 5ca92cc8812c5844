/** Events of the running system itself, beside the queue's events about jobs. */
export type SystemEvent =
  /** A thread has ended, and another one takes its place. */
  | {
    readonly type: "restarted";
    readonly role: "consumer" | "producer";
    readonly id: string;
    readonly why: string;
  }
  /** A user made a consumer crash or hang. `by` names the requester. */
  | {
    readonly type: "provoked";
    readonly consumerId: string;
    readonly how: "crash" | "hang";
    readonly by: string;
  }
  /** Any other message for operators, as a sentence. */
  | { readonly type: "notice"; readonly level: "warn" | "error"; readonly text: string };
