import type { Server } from "node:http";
import type { Socket } from "node:net";
import { isLoopbackAddress } from "@persistent-queue/queue";
import { networkOf } from "./networks.ts";

export interface PerAddressOptions {
  readonly most: number;
  /** A proxy speaks for many. */
  readonly isTrusted: (address: string) => boolean;
}

/**
 * Cuts off another machine that takes more than so many connections, so that a server with a limit of its own has
 * some left for others. Not so this machine: a proxy here speaks for many, and a local program could do worse.
 */
export function limitPerAddress(server: Pick<Server, "on">, { most, isTrusted }: PerAddressOptions): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const { remoteAddress = "" } = socket;
    if (isLoopbackAddress(remoteAddress) || isTrusted(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    const count = open.get(network) ?? 0;
    if (count >= most) return socket.destroy();
    open.set(network, count + 1);
    socket.once("close", () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}
