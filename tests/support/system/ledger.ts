/** What a system that may die at any moment has acknowledged, kept by a process that outlives it. */
import type { Queue } from "@persistent-queue/queue";

export class Ledger {
  readonly added: Set<string>;
  readonly completed: Set<string>;

  constructor({ added, completed }: { added?: Iterable<string>; completed?: Iterable<string> } = {}) {
    this.added = new Set(added);
    this.completed = new Set(completed);
  }

  /**
   * Takes a line such as `added a1`, `completed a1`, or `replacing a1`. The last is noted before a completed job is
   * restarted, because it may stop being completed at any time from then on. Other lines are ignored.
   */
  note(line: string): void {
    const [what, id] = line.split(" ", 2);
    if (id === undefined) return;
    if (what === "added") this.added.add(id);
    if (what === "completed") this.completed.add(id);
    if (what === "replacing") this.completed.delete(id);
  }

  /** Its current state. */
  copy(): Ledger {
    return new Ledger(this);
  }
}

/** Whole lines only: a line cut off by the death of the process does not count. */
export async function* wholeLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** The same queue, but `tell` is called with the durable completions before `settle` returns. */
export function tellingCompletions(queue: Queue, tell: (ids: readonly string[]) => void): Queue {
  const settle: Queue["settle"] = async (attempts) => {
    const verdicts = await queue.settle(attempts);
    const completed = attempts.filter(({ outcome }, i) =>
      outcome.type === "returned" && verdicts[i]?.type === "stored"
    );
    if (completed.length > 0) tell(completed.map(({ job }) => job.id));
    return verdicts;
  };
  return new Proxy(queue, {
    get: (target, name) => {
      if (name === "settle") return settle;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
