/**
 * Returns at once, and leaves something behind or changes something, in the way that the payload names. Timers fire
 * while the next job of the same consumer runs.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter } from "node:events";
import process, { chdir, kill } from "node:process";
import timers from "node:timers";
import { parentPort } from "node:worker_threads";
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

const LATER_MS = 60;

type Way = (context: HandlerContext) => unknown;

const later = (work: () => void) => void setTimeout(work, LATER_MS);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const failing = (ms: number) =>
  sleep(ms).then(() => {
    throw new Error("the other end is down");
  });
const globals = globalThis as unknown as Record<string, unknown>;

export const WAYS: Readonly<Record<string, Way>> = {
  "a rejection": () => void failing(LATER_MS),
  "the second of two requests that both fail": async () => {
    const [first, second] = [failing(1), failing(LATER_MS)];
    await first;
    await second;
  },
  "a throw in a timer": () =>
    later(() => {
      throw new Error("left behind");
    }),
  "a throw in an interval": () => {
    let times = 0;
    const timer = setInterval(() => {
      if (++times === 5) clearInterval(timer);
      throw new Error("left behind");
    }, LATER_MS / 5);
  },
  "close": () => later(() => (globals.close as () => void)()),
  "Deno.exit": () => later(() => Deno.exit(3)),
  "process.exit": () => later(() => process.exit(3)),
  "process.abort": () => later(() => process.abort()),
  "process.kill": () => process.kill(process.pid),
  "kill of node:process": () => void kill(process.pid, "SIGTERM"),
  "Deno.permissions.revoke": () => Deno.permissions.revokeSync({ name: "read" }),
  "messages to its parent": () => {
    for (const message of [{ type: "unusable", why: "forged", guilty: 0 }, "rubbish", null]) {
      (globals.postMessage as (value: unknown) => void)(message);
      parentPort?.postMessage(message);
    }
  },
  "a loop that starts late": () =>
    later(() => {
      for (;;);
    }),
  "a loop that starts late, by a timer of node:timers": () =>
    void timers.setTimeout(() => {
      for (;;);
    }, LATER_MS),
  "a loop after a late await": () => {
    void (async () => {
      await sleep(LATER_MS);
      for (;;);
    })();
  },
  "a loop after input": ({ settings }) => {
    void (async () => {
      for (const end = Date.now() + LATER_MS; Date.now() < end;) await Deno.stat(settings.filesDir);
      for (;;);
    })();
  },
  "a loop in the callback of a message": () => {
    const { port1, port2 } = new MessageChannel();
    port2.onmessage = () => {
      for (;;);
    };
    later(() => port1.postMessage("now"));
  },
  "a loop of microtasks": () => {
    void (async () => {
      await sleep(LATER_MS);
      for (;;) await null;
    })();
  },
  "a loop in a microtask": () =>
    later(() =>
      queueMicrotask(() => {
        for (;;);
      })
    ),
  "a loop in a tick": () =>
    later(() =>
      process.nextTick(() => {
        for (;;);
      })
    ),
  "globalThis.onmessage": () => {
    globals.onmessage = () => {};
    parentPort?.on("message", () => {});
  },
  "uncaught handlers": () => {
    process.on("uncaughtException", () => process.exit(1));
    process.on("unhandledRejection", () => process.exit(1));
    globalThis.addEventListener("unhandledrejection", (event) => event.stopImmediatePropagation());
    void failing(LATER_MS);
  },
  "setTimeout": () => {
    globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  },
  "JSON.stringify": () => {
    JSON.stringify = () => '"spoilt"';
    JSON.parse = () => "spoilt";
  },
  "toJSON": () => {
    Object.assign(Object.prototype, { toJSON: () => "spoilt" });
    Object.assign(Array.prototype, { toJSON: () => "spoilt" });
  },
  "the clock": () => {
    performance.now = () => NaN;
    Date.now = () => NaN;
    globals.Date = class {};
  },
  "Promise": () => {
    globals.Promise = class {};
  },
  "prototypes": () => {
    Array.prototype.push = () => 0;
    Array.prototype.map = () => [];
    Map.prototype.get = () => undefined;
    Reflect.deleteProperty(String.prototype, "slice");
    Object.assign(Array.prototype, { extra: "in every for … in" });
  },
  "an iterator": () => {
    Object.getPrototypeOf(new Map().entries()).next = () => ({ done: true });
    Object.getPrototypeOf(new Set().values()).next = () => ({ done: true });
  },
  "generators": () => {
    Object.getPrototypeOf(function* () {}).prototype.next = () => ({ done: true });
  },
  "events of Node": () => {
    EventEmitter.prototype.emit = () => false;
  },
  "typed arrays": () => {
    Object.getPrototypeOf(Int32Array).prototype.set = () => {
      throw new Error("spoilt");
    };
  },
  "descriptors": () => {
    Object.assign(Object.prototype, { get: () => "spoilt" });
    Array.prototype.map = () => [];
  },
  "instanceof": () => {
    Object.defineProperty(Array, Symbol.hasInstance, { value: () => true });
  },
  "async contexts": () => {
    const spoilt = () => {
      throw new Error("no context");
    };
    Object.assign(AsyncLocalStorage.prototype, { getStore: spoilt, run: spoilt });
  },
  "Math.round before it fails": () => {
    Math.round = () => NaN;
    throw new Error("it rounds no more");
  },
  "a listener that fails": () =>
    later(() => {
      const target = new EventTarget();
      target.addEventListener("told", () => {
        throw new Error("left behind");
      });
      target.dispatchEvent(new Event("told"));
    }),
  "a reported error": () => later(() => reportError(new Error("left behind"))),
  "a worker of its own that fails": () => {
    new Worker("data:text/javascript,setTimeout(()=>{throw new Error('left behind')},60)", {
      type: "module",
    });
  },
  "a rejected proxy": () => {
    void sleep(LATER_MS).then(() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      throw proxy;
    });
  },
  "frozen prototypes": () => {
    Object.freeze(Object.prototype);
  },
  "Deno.chdir": () => {
    Deno.chdir("/");
  },
  "chdir of node:process": () => chdir("/"),
  "settings": ({ settings }) => {
    Object.assign(settings, { filesDir: ".", workMs: 60_000 });
  },
  "the life locks": () => {
    const { locks } = navigator as unknown as {
      locks: {
        query(): Promise<{ held: { name: string }[] }>;
        request(name: string, options: object, work: () => unknown): Promise<unknown>;
      };
    };
    void locks.query().then(({ held }) => {
      for (const { name } of held) void locks.request(name, { steal: true }, () => sleep(LATER_MS));
    });
  },
  "a late log line": ({ log }) => later(() => log("written late")),
};

export function handler({ payload }: HandlerJob, context: HandlerContext): unknown {
  return WAYS[String(payload)]?.(context);
}
