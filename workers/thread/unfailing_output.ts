/**
 * A handler's output must never fail, whichever way it is written: if the terminal is closed, or the disk under the
 * output file is full, each write would throw in a job whose work is done, and the work would be done again. `console`
 * is covered by `makeConsoleUnfailing`. Only the functions that are imported by name from `node:fs` still throw: they
 * cannot be replaced.
 */
import fs from "node:fs";

/** Called once, before any handler is loaded: output that cannot be written is lost. */
export function makeOutputUnfailing(): void {
  // `process.stdout` and `process.stderr` write through these objects.
  for (const output of [Deno.stdout, Deno.stderr]) makeUnfailing(Object.getPrototypeOf(output));
  // What `require("fs")` returns as well: loggers write to the descriptors 1 and 2 with it.
  for (const name of ["writeSync", "writevSync", "writeFileSync", "appendFileSync"] as const) {
    replace(fs, name, (write) => unfailingSync(write));
  }
  for (const name of ["write", "writev", "writeFile", "appendFile"] as const) {
    replace(fs, name, (write) => unfailingWithCallback(write));
  }
}

type Call = (this: unknown, ...values: unknown[]) => unknown;

interface Output {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

// Output of Deno ----------------------------------------------------------------------------------------------

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

// Output of Node ----------------------------------------------------------------------------------------------

function replace(object: object, name: string, make: (original: Call) => Call): void {
  const value = make(Reflect.get(object, name) as Call);
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function unfailingSync(write: Call): Call {
  return function (...values) {
    const [file, data] = values;
    if (!isOutput(file)) return write.apply(this, values);
    try {
      return write.apply(this, values);
    } catch (error) {
      return lost(error, lengthOf(data));
    }
  };
}

function unfailingWithCallback(write: Call): Call {
  return function (...values) {
    const [file, data] = values;
    const callback = values.at(-1);
    if (!isOutput(file) || typeof callback !== "function") return write.apply(this, values);
    const done = (error: unknown, ...rest: unknown[]) =>
      error ? callback(null, lost(error, lengthOf(data)), data) : callback(error, ...rest);
    return write.apply(this, [...values.slice(0, -1), done]);
  };
}

function isOutput(file: unknown): boolean {
  return file === 1 || file === 2;
}

/** As if all had been written. @throws {TypeError} if it is the caller's mistake */
function lost(error: unknown, length: number): number {
  if (error instanceof TypeError) throw error;
  return length;
}

function lengthOf(data: unknown): number {
  if (Array.isArray(data)) return data.reduce((sum: number, one) => sum + lengthOf(one), 0);
  return ArrayBuffer.isView(data) ? data.byteLength : new TextEncoder().encode(String(data)).length;
}
