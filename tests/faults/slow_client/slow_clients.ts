/** Slow clients: each plays its part until the server ends the connection, and returns what went wrong. */
import type { Timeouts } from "../../../ui/http/serve.ts";

export interface Stand {
  readonly port: number;
  /** The path of something a megabyte long. */
  readonly bigPath: string;
  readonly timeouts: Timeouts;
  /** A header line that authorizes a request. */
  readonly header: string;
}

export type SlowClient = (stand: Stand) => Promise<string[]>;

/** The server checks its connections only at intervals. */
const SLACK_MS = 1_000;
/** Time is counted in these steps, so that it stops while this process, which plays all the parts, gets no CPU time. */
const TICK_MS = 25;
/** Between two bytes of a dripping client. */
const DRIP_MS = TICK_MS;

const HALF_A_HEADER = "GET / HTTP/1.1\r\nHost: local";
const GOOD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
/** As many requests as one connection may have open, a megabyte each: more than the buffers in between hold. */
const ASKED = 10;
const FLOOD = 2_000;

function halfALogin(rest: string): string {
  return "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
    rest;
}

export const SLOW_CLIENTS: Readonly<Record<string, SlowClient>> = {
  "one who says nothing": (stand) => cutOff(stand, "", stand.timeouts.headersTimeout),
  "half a header": (stand) => cutOff(stand, HALF_A_HEADER, stand.timeouts.headersTimeout),
  "half a body": (stand) =>
    cutOff(stand, halfALogin("Content-Length: 20\r\n\r\npass"), stand.timeouts.requestTimeout),
  "half a chunk": (stand) =>
    cutOff(stand, halfALogin("Transfer-Encoding: chunked\r\n\r\n20\r\npass"), stand.timeouts.requestTimeout),
  "a header byte by byte": (stand) =>
    cutOff(stand, HALF_A_HEADER, stand.timeouts.headersTimeout, { drips: true }),
  "a body byte by byte": (stand) =>
    cutOff(stand, halfALogin("Content-Length: 9999\r\n\r\npass"), stand.timeouts.requestTimeout, {
      drips: true,
    }),
  // Node keeps a connection a second longer than it announces.
  "one who rests": (stand) => cutOff(stand, GOOD, stand.timeouts.keepAliveTimeout + 1_000),
};

/** These cost more than a connection, so there are few of them. */
export const GREEDY_CLIENTS: Readonly<Record<string, SlowClient>> = {
  "one who asks and never reads": neverReads,
  "one who asks without waiting for answers": floods,
};

/** Whatever it sends, the server ends the connection at the deadline. */
async function cutOff(
  { port }: Stand,
  bytes: string,
  deadlineMs: number,
  { drips = false } = {},
): Promise<string[]> {
  using line = await Line.open(port, bytes);
  const drip = drips ? setInterval(() => line.write("x"), DRIP_MS) : undefined;
  const tookMs = await line.end(deadlineMs + SLACK_MS);
  clearInterval(drip);
  if (tookMs === null) return [`was still connected after ${deadlineMs + SLACK_MS} ms`];
  return tookMs < deadlineMs / 2 ? [`was cut off after ${tookMs} of ${deadlineMs} ms`] : [];
}

/** Responses pile up on this side, then on the server's, which gives up before it has served them all. */
async function neverReads({ port, timeouts, header, bigPath }: Stand): Promise<string[]> {
  const ask = `GET ${bigPath} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`;
  using line = await Line.open(port, ask.repeat(ASKED));
  // Twice, because what fits in the system's buffers counts as read, once.
  await pass(2 * timeouts.timeout + SLACK_MS);
  if (await line.end(SLACK_MS) === null) return ["was still connected though it took nothing"];
  const served = line.text.split("HTTP/1.1 200 ").length - 1;
  return served < ASKED ? [] : ["was served all that it did not take"];
}

/** The server must not respond to thousands of requests in a row. */
async function floods({ port }: Stand): Promise<string[]> {
  using line = await Line.open(port, GOOD.repeat(FLOOD));
  if (await line.end(SLACK_MS) === null) return ["was still connected though it asked too much"];
  const served = line.text.split("HTTP/1.1 200 ").length - 1;
  return served <= ASKED ? [] : [`was served ${served} times`];
}

/** Opens a stream and reads nothing; resolves with a function that waits until the server has ended it. */
export async function watchBlindly({ port, header }: Stand): Promise<() => Promise<string[]>> {
  const line = await Line.open(port, `GET /events HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`);
  await line.read();
  return async () => {
    using _ = line;
    if (await line.end(SLACK_MS) === null) return ["was still watching after the server had closed"];
    return line.text.startsWith("HTTP/1.1 200 ") ? [] : [`was answered ${line.text.slice(0, 20)}`];
  };
}

function countDown(ms: number, onZero: () => void): ReturnType<typeof setInterval> {
  let leftMs = ms;
  const clock = setInterval(() => {
    leftMs -= TICK_MS;
    if (leftMs > 0) return;
    clearInterval(clock);
    onZero();
  }, TICK_MS);
  return clock;
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => countDown(ms, resolve));
}

/** A connection that is read only when its end is awaited. */
class Line {
  text = "";
  readonly #connection: Deno.TcpConn;
  readonly #since: number;
  readonly #buffer = new Uint8Array(65_536);
  #isClosed = false;

  private constructor(connection: Deno.TcpConn, since: number) {
    this.#connection = connection;
    this.#since = since;
  }

  static async open(port: number, bytes: string): Promise<Line> {
    const since = performance.now();
    const line = new Line(await Deno.connect({ hostname: "127.0.0.1", port }), since);
    line.write(bytes);
    return line;
  }

  /** Goes on in the background for as long as the other side reads. */
  write(text: string): void {
    this.#send(new TextEncoder().encode(text)).catch(() => {});
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  /** Reads what has arrived; false when nothing more will come. */
  async read(): Promise<boolean> {
    const count = await this.#connection.read(this.#buffer);
    if (count !== null) this.text += new TextDecoder().decode(this.#buffer.subarray(0, count));
    return count !== null;
  }

  /** Reads until the other side ends it, and returns how many milliseconds it lived; null = longer than this. */
  async end(withinMs: number): Promise<number | null> {
    const clock = countDown(withinMs, () => this[Symbol.dispose]());
    try {
      while (await this.read());
    } catch {
      // Cut off by the server, or by the time limit.
    }
    clearInterval(clock);
    return this.#isClosed ? null : performance.now() - this.#since;
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#connection.close();
    this.#isClosed = true;
  }
}
