/** A client that follows no protocol: it sends bytes as they are, and returns what comes back. */

export interface Exchange {
  /** The whole response, one character per byte. */
  readonly text: string;
  /** False: the time was up, and the client hung up. */
  readonly isEnded: boolean;
  /** The duration in milliseconds. */
  readonly tookMs: number;
}

export interface ExchangeOptions {
  /** Closes its side at once, whatever length was announced. */
  readonly cutOff?: boolean;
  readonly withinMs?: number;
}

/** Sends, and reads until the server ends the connection, or an endless stream begins. */
export async function exchange(
  port: number,
  bytes: string | Uint8Array,
  { cutOff = false, withinMs = 5_000 }: ExchangeOptions = {},
): Promise<Exchange> {
  const since = performance.now();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let isEnded = true;
  const timer = setTimeout(() => {
    isEnded = false;
    connection.close();
  }, withinMs);
  const read = readAll(connection);
  await send(connection, typeof bytes === "string" ? bytesOf(bytes) : bytes, cutOff);
  const text = await read;
  clearTimeout(timer);
  if (isEnded) connection.close();
  return { text, isEnded, tookMs: performance.now() - since };
}

/** One byte for each character; above U+00FF only the low byte. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A request that is refused halfway may be cut off before its end. */
async function send(connection: Deno.TcpConn, bytes: Uint8Array, cutOff: boolean): Promise<void> {
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    if (cutOff) await connection.closeWrite();
  } catch {
    // Only what comes back counts.
  }
}

const latin1 = new TextDecoder("latin1");

/** Found in the head of an endless response. */
const STREAM = "text/event-stream";

async function readAll(connection: Deno.TcpConn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      const from = Math.max(0, text.length - STREAM.length);
      text += latin1.decode(buffer.subarray(0, count));
      if (text.includes(STREAM, from)) break;
    }
  } catch {
    // Cut off by the server, or by our own timer.
  }
  return text;
}

/** The statuses of all responses, without 100 Continue. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) =>
    status >= 200
  );
}
