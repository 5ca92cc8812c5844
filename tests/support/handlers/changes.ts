/**
 * Changes what all code of its thread shares, in the way that the payload names. Without one, it returns what it sees
 * of all these changes.
 */
import type { HandlerJob } from "@persistent-queue/workers";

const changed = () => "changed";
const iterator = Object.getPrototypeOf([].values());
const globals = globalThis as unknown as Record<string, unknown>;

export const WAYS: Readonly<Record<string, () => unknown>> = {
  "a method of Response": () => Object.assign(Response.prototype, { text: changed }),
  "a method of Headers": () => Object.assign(Headers.prototype, { get: changed }),
  "a new method of Request": () => Object.assign(Request.prototype, { added: changed }),
  "a class that is loaded on first use": () => globals.FormData = changed,
  "the prototype of arrays of bytes": () => Object.setPrototypeOf(Uint8Array.prototype, {}),
  "the prototype of dates": () => Object.setPrototypeOf(Date.prototype, { added: changed }),
  "the prototype of iterators of arrays": () => Object.setPrototypeOf(iterator, null),
  "the prototype of responses": () => Object.setPrototypeOf(Response.prototype, { added: changed }),
  "a global of browsers": () => Object.assign(globals, { window: {}, document: {} }),
  "a polyfill, which it replaces": () => Object.assign(Array.prototype, { second: changed }),
  "a polyfill, which it removes": () => Reflect.deleteProperty(Array.prototype, "second"),
  "nothing more of browsers": () => ["window", "document"].forEach((name) => delete globals[name]),
};

async function seen(): Promise<readonly string[]> {
  return [
    await new Response("own").text(),
    String(new Headers({ own: "kept" }).get("own")),
    "added" in Request.prototype ? "added" : "not added",
    typeof new FormData().append,
    typeof new Uint8Array([3, 1]).sort,
    "added" in new Date() ? "added" : "not added",
    typeof [1].values().map,
    "added" in new Response("") ? "added" : "not added",
    `${typeof globals.window} ${typeof globals.document}`,
  ];
}

export function handler({ payload }: HandlerJob): unknown {
  const way = WAYS[String(payload)];
  return way === undefined ? seen() : void way();
}
