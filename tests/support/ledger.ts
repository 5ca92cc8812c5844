/** What a process that may die at any moment has acknowledged, kept by one that lives on. */
export class Ledger {
  readonly added = new Set<string>();
  readonly completed = new Set<string>();

  /** Takes a line such as `added a1`. A line of another kind is none of its business. */
  note(line: string): void {
    const [what, id] = line.split(" ", 2);
    if (id === undefined) return;
    if (what === "added") this.added.add(id);
    if (what === "completed") this.completed.add(id);
  }
}

/** Whole lines only: what a dying process has written by half was not said. */
export async function* wholeLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
