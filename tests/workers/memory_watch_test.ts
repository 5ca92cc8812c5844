/** Which job is blamed when the process grows while several threads are silent. */
import assert from "node:assert/strict";
import { MemoryWatch, type WatchedConsumer } from "../../workers/slots/memory_watch.ts";

const LOOK_MS = 250;
const BEAT_MS = 1_000;

class Process {
  now = 0;
  mb = 200;
  readonly consumers = ["a", "b", "c"].map((name) => new Consumer(name, this));
  readonly blamed: string[] = [];
  trials: Consumer[] = [];
  readonly #watch = new MemoryWatch({
    ...{ consumers: this.consumers, heartbeatMs: BEAT_MS, limitMb: 512 },
    ...{ clock: () => this.now, processMb: () => this.mb, trials: () => this.trials },
  });

  /** Lets time pass; `growMb` at each look. Those that are not `silent` are heard at each look. */
  pass(ms: number, { growMb = 0, silent = [] }: { growMb?: number; silent?: readonly Consumer[] }): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now += LOOK_MS;
      this.mb += growMb;
      for (const one of [...this.consumers, ...this.trials]) {
        if (!silent.includes(one)) one.heardAt = this.now;
      }
      this.#watch.look();
    }
  }
}

class Consumer implements WatchedConsumer {
  heardAt = 0;
  isAtWork = true;
  memoryMb = 10;
  isEndingOne = false;
  id = crypto.randomUUID();
  readonly #name: string;
  readonly #process: Process;

  constructor(name: string, process: Process) {
    this.#name = name;
    this.#process = process;
  }

  endAndBlame(): void {
    this.#process.blamed.push(this.#name);
    this.isAtWork = false;
    this.isEndingOne = true;
  }
}

function three() {
  const process = new Process();
  const [a, b, c] = process.consumers as [Consumer, Consumer, Consumer];
  process.pass(1_000, {});
  return { process, a, b, c };
}

Deno.test("a job that takes memory in silence is blamed, while its neighbours report", () => {
  const { process, b } = three();
  process.pass(3_000, { growMb: 100, silent: [b] });
  assert.deepEqual(process.blamed, ["b"]);
});

Deno.test("a job that computes in silence is not blamed for the memory that another one takes", () => {
  const { process, a, b, c } = three();
  process.pass(4_000, { silent: [a] });
  process.pass(3_000, { growMb: 300, silent: [a, b] });
  assert.deepEqual(process.blamed, ["b"], "it began before the other one");
  process.pass(3_000, { growMb: 300, silent: [a, b] });
  assert.deepEqual(process.blamed, ["b"], "what the ended thread still takes is not charged to it");

  const later = three();
  later.process.pass(1_000, { growMb: 100, silent: [later.c] });
  later.process.pass(4_000, { growMb: 100, silent: [later.a, later.c] });
  assert.deepEqual(later.process.blamed, ["c"], "it began after the other one");
  assert.ok(a.isAtWork && c.isAtWork && later.a.isAtWork);
});

Deno.test("what a thread that has ended took is not charged to a job that computes in silence", () => {
  const { process, a, b } = three();
  process.pass(1_000, { silent: [a] });
  process.pass(500, { growMb: 400, silent: [a, b] });
  b.id = crypto.randomUUID();
  process.pass(4_000, { silent: [a] });
  assert.deepEqual(process.blamed, []);
});

Deno.test("a job that computes in silence is not blamed for the memory that handlers take while they are tried", () => {
  const { process, a } = three();
  process.pass(1_000, { silent: [a] });
  const trial = new Consumer("trial", process);
  process.trials = [trial];
  process.pass(1_000, { growMb: 150 });
  process.pass(3_000, { growMb: 150, silent: [a] });
  process.trials = [];
  process.pass(250, { growMb: -1_800, silent: [a] });
  process.pass(2_000, { silent: [a] });
  assert.deepEqual(process.blamed, []);
  process.pass(2_000, { growMb: 100, silent: [a] });
  assert.deepEqual(process.blamed, ["a"], "what it takes later is charged to it");

  const other = three();
  const silentTrial = new Consumer("trial", other.process);
  other.process.pass(1_000, { silent: [other.a] });
  other.process.trials = [silentTrial];
  other.process.pass(250, { silent: [other.a] });
  other.process.pass(4_000, { growMb: 100, silent: [other.a, silentTrial] });
  assert.deepEqual(other.process.blamed, ["trial"], "the thread that tries a handler has the same limit");
});

Deno.test("of several jobs that take memory in silence each is blamed, one after the other", () => {
  const { process, a, b, c } = three();
  for (let i = 1; i <= 3; i++) {
    process.pass(2_500, { growMb: 300, silent: [a, b, c] });
    assert.equal(process.blamed.length, i);
    for (const one of process.consumers) one.isEndingOne = false;
  }
  assert.deepEqual(process.blamed.toSorted(), ["a", "b", "c"]);
});

Deno.test("a job that took some memory in silence, and takes no more, is not blamed for one that leaks later", () => {
  const { process, a, b } = three();
  process.pass(2_000, { growMb: 17.5, silent: [a] });
  process.pass(1_000, { silent: [a] });
  process.pass(2_250, { growMb: 50, silent: [a, b] });
  assert.deepEqual(process.blamed, [], "neither has taken as much as it may");
  process.pass(500, { growMb: 50, silent: [a, b] });
  assert.deepEqual(process.blamed, ["b"]);
});

Deno.test("a job that takes memory all the time is blamed, not one that becomes silent meanwhile", () => {
  const { process, b, c } = three();
  process.pass(1_500, { growMb: 40, silent: [c] });
  process.pass(2_500, { growMb: 40, silent: [b, c] });
  assert.deepEqual(process.blamed, ["c"]);
});

Deno.test("a job that takes memory in silence is blamed although other threads end all the time", () => {
  const { process, a, c } = three();
  for (let s = 0; s < 4; s++) {
    process.pass(1_000, { growMb: 50, silent: [a] });
    c.id = crypto.randomUUID();
  }
  assert.deepEqual(process.blamed, ["a"]);
});
