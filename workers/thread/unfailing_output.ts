/**
 * A handler's output must never fail: if the terminal is closed, or the disk under the output file is full, each write
 * would throw in a job whose work is done, and the work would be done again. `console` is covered by
 * `makeConsoleUnfailing`. What `node:fs` writes to the descriptors 1 and 2 still fails: functions that are imported by
 * name cannot be replaced, and loading it takes 35 ms in each thread.
 */

/** Called once, before any handler is loaded: output that cannot be written is lost. */
export function makeOutputUnfailing(): void {
  // `process.stdout` and `process.stderr` write through these objects.
  for (const output of [Deno.stdout, Deno.stderr]) makeUnfailing(Object.getPrototypeOf(output));
}

interface Output {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

function makeUnfailing(prototype: Output): void {
  const { write, writeSync } = prototype;
  const streams = new WeakMap<Output, WritableStream<Uint8Array>>();
  prototype.writeSync = function (bytes) {
    try {
      return writeSync.call(this, bytes);
    } catch (error) {
      return lost(error, bytes.byteLength);
    }
  };
  prototype.write = async function (bytes) {
    try {
      return await write.call(this, bytes);
    } catch (error) {
      return lost(error, bytes.byteLength);
    }
  };
  Object.defineProperty(prototype, "writable", {
    configurable: true,
    get(this: Output): WritableStream<Uint8Array> {
      const stream = streams.get(this) ?? streamInto(this);
      streams.set(this, stream);
      return stream;
    },
  });
}

function streamInto(output: Output): WritableStream<Uint8Array> {
  return new WritableStream({
    async write(bytes) {
      for (let from = 0; from < bytes.byteLength;) from += await output.write(bytes.subarray(from));
    },
  });
}

/** As if all had been written. @throws {TypeError} if it is the caller's mistake */
function lost(error: unknown, length: number): number {
  if (error instanceof TypeError) throw error;
  return length;
}
