/**
 * Ports for systems that a test starts. A port from the kernel may be taken a moment later, by a listener or by the
 * local end of a connection, and a system that finds it in use does not start. So each test process has its own range,
 * below the kernel's ephemeral ports, for as long as it holds the first port of that range.
 */
const FIRST = 12_000;
const RANGE = 200;
const RANGES = 100;

/** Taken when this module is loaded, so that no test seems to leave it open. */
const held = holdRange();
let given = 0;

/** A port on which no process listens, in the range of this process. */
export function freePort(): number {
  for (let tries = 1; tries < RANGE; tries++) {
    // The least recently used port comes next: clients keep connections to a port for a while.
    given = given % (RANGE - 1) + 1;
    const listener = listenAt(held.addr.port + given);
    if (listener === null) continue;
    listener.close();
    return held.addr.port + given;
  }
  throw new Error("All ports of this process are in use.");
}

function holdRange(): Deno.TcpListener {
  const random = Math.floor(Math.random() * RANGES);
  for (let n = 0; n < RANGES; n++) {
    const listener = listenAt(FIRST + (random + n) % RANGES * RANGE);
    if (listener !== null) return listener;
  }
  throw new Error("All ranges of ports are in use.");
}

function listenAt(port: number): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return null;
    throw error;
  }
}
