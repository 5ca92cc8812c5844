/** What happens to the running system itself, beside what the queue tells of its jobs. */
export type SystemEvent =
  /** A thread is gone, and another one takes its place. */
  | {
    readonly type: "restarted";
    readonly role: "consumer" | "producer";
    readonly id: string;
    readonly why: string;
  }
  /** A person made a consumer crash or hang. `by` names who asked. */
  | {
    readonly type: "provoked";
    readonly consumerId: string;
    readonly how: "crash" | "hang";
    readonly by: string;
  }
  /** Whatever else a person should know, as a sentence. */
  | { readonly type: "notice"; readonly level: "warn" | "error"; readonly text: string };
