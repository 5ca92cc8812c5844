import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { serve } from "@persistent-queue/ui";
import { eventually } from "../support/eventually.ts";
import { openPages } from "./open_pages.ts";

/** An address of this machine that looks like another machine: the connection still goes over the loopback. */
const OTHER = Deno.networkInterfaces().find(({ family, address }) => {
  return family === "IPv4" && !address.startsWith("127.");
})?.address;

const HALF_A_REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";

interface Caller {
  readonly socket: Socket;
  text: string;
  isGone: boolean;
}

function call(port: number, localAddress: string): Caller {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  const caller: Caller = { socket, text: "", isGone: false };
  socket.on("data", (bytes) => caller.text += bytes);
  socket.on("error", () => {});
  socket.on("close", () => caller.isGone = true);
  socket.write(HALF_A_REQUEST);
  return caller;
}

async function isServed(caller: Caller): Promise<boolean> {
  caller.socket.write("\r\n");
  await eventually("an response", () => caller.text.includes("\r\n\r\n") || caller.isGone);
  return caller.text.startsWith("HTTP/1.1 200 ");
}

Deno.test({
  name: "another machine gets a hundred connections and no more, and a place that is left is free again",
  ignore: OTHER === undefined,
  fn: async () => {
    await using pages = await openPages();
    const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X" });
    await served.ready;
    const port = Number(new URL(served.url).port);
    const callers = Array.from({ length: 130 }, () => call(port, OTHER ?? ""));
    await eventually("those above the limit are gone", () => {
      return callers.filter(({ isGone }) => isGone).length === 30;
    });
    const local = call(port, "127.0.0.1");
    assert.equal(await isServed(local), true, "this machine is not counted");
    const first = callers.find(({ isGone }) => !isGone);
    first?.socket.destroy();
    await eventually("a place is free", async () => {
      const next = call(port, OTHER ?? "");
      callers.push(next);
      return await isServed(next);
    });
    for (const { socket } of [...callers, local]) socket.destroy();
    await served.close();
    await eventually("all are gone", () => [...callers, local].every(({ isGone }) => isGone));
  },
});

Deno.test("connections that only wait give way before the last place is taken", async () => {
  await using pages = await openPages();
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X" });
  await served.ready;
  const port = Number(new URL(served.url).port);
  const callers: Caller[] = [];
  for (let i = 0; i < 300; i++) {
    const caller = call(port, "127.0.0.1");
    callers.push(caller);
    assert.equal(await isServed(caller), true, `connection ${i}`);
  }
  assert.ok(callers.filter(({ isGone }) => !isGone).length < 250);
  for (const { socket } of callers) socket.destroy();
  await served.close();
  await eventually("all are gone", () => callers.every(({ isGone }) => isGone));
});
