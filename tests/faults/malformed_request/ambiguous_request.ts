/**
 * A request whose end two servers could see in different places, with another request hidden between them (request
 * smuggling). A server that reads it as two requests can be made to serve the hidden one in another user's name.
 */
import type { Random } from "../../support/random.ts";

const HIDDEN = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const NO_CHUNK = `0\r\n\r\n${HIDDEN}`;

/** Header lines that contradict each other, or that some servers take for a different header. */
const CHUNKED = [
  "Transfer-Encoding : chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding: chunked\0",
  "Transfer-Encoding: identity, chunked, identity",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: chunked, identity",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "Transfer-Encoding:\r\n chunked",
  " Transfer-Encoding: chunked",
  "Transfer-Encoding: chunked",
  "transfer-encoding: CHUNKED",
];

const LENGTHS = ["Content-Length: 0", "Content-Length: 5", "Content-Length: 6"];

const TWO_LENGTHS = [
  "Content-Length: 0\r\nContent-Length: #",
  "Content-Length: #\r\nContent-Length: 0",
  "Content-Length: 0, #",
  "Content-Length: #, 0",
  "Content-Length: 0\r\nContent-Length : #",
  "Content-Length: +0",
  "Content-Length: 0x0",
  "Content-Length: 0\0",
  "Content-Length: -0",
  "Content-Length: 18446744073709551616",
];

/** What some servers take for a last chunk, and others do not. */
const ODD_CHUNKS = [
  `0\n\n${HIDDEN}`,
  `0\r\r\n${HIDDEN}`,
  `0x0\r\n\r\n${HIDDEN}`,
  `+0\r\n\r\n${HIDDEN}`,
  `100000000000000000\r\n\r\n${HIDDEN}`,
  `-0\r\n\r\n${HIDDEN}`,
  `5\r\nhelloXX0\r\n\r\n${HIDDEN}`,
  `1;\nx\r\n0\r\n\r\n${HIDDEN}`,
];

/** At most one response may come, and the connection must end. */
export function ambiguousRequest(random: Random): string {
  const head = (lines: string) =>
    `${
      random.pick(["POST /login", "GET /healthz", "POST /api/jobs"])
    } HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n`;
  switch (random.below(3)) {
    case 0: {
      const lines = [random.pick(CHUNKED), random.pick(LENGTHS)];
      return head((random.chance(0.5) ? lines : lines.reverse()).join("\r\n")) + NO_CHUNK;
    }
    case 1:
      return head(random.pick(TWO_LENGTHS).replace("#", String(HIDDEN.length))) + HIDDEN;
    default:
      return head("Transfer-Encoding: chunked") + random.pick(ODD_CHUNKS);
  }
}
