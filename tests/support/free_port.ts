/**
 * Ports for systems that a test starts. One that is asked of the kernel may be somebody else's a moment later, a listener's
 * or the near end of a connection, and a system that finds it in use does not start. So each process of tests has a
 * range to itself, below those that the kernel gives out, for as long as it holds the first port of it.
 */
const FIRST = 12_000;
const RANGE = 200;
const RANGES = 100;

/** Taken when this is loaded, so that no test seems to leave it open. */
const held = holdRange();
let given = 0;

/** Nobody listens there now, and nobody else will. */
export function freePort(): number {
  for (let tries = 1; tries < RANGE; tries++) {
    // The longest unused one comes next: clients keep connections to a port for a while.
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
