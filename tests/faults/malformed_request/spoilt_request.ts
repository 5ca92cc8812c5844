/** Requests that break the rules of HTTP, or of this server, in one place or in many. */
import { ambiguousRequest } from "./ambiguous_request.ts";
import {
  BODIES,
  CHUNKS,
  CONTENT_TYPES,
  COOKIES,
  HEADERS,
  HOSTS,
  METHODS,
  pickPart,
  TARGETS,
  VERSIONS,
} from "./spoilt_parts.ts";
import { bytesOf } from "../../support/web/raw_client.ts";
import type { Random } from "../../support/random.ts";

export interface SpoiltRequest {
  readonly bytes: Uint8Array;
  /** What is wrong with it, for the message of a violation. */
  readonly what: string;
  /** If true, nothing follows, whatever it announces; otherwise its last request asks to close the connection. */
  readonly cutOff: boolean;
  /** How many responses there must be. With fewer, a request got none; with more, a request was seen that was not sent. */
  readonly answers: { readonly least: number; readonly most: number };
}

export interface Credentials {
  readonly token: string;
  readonly cookie: string;
}

/** A request before it is written down; headers are whole lines. */
interface Draft {
  method: string;
  target: string;
  version: string;
  host: string | null;
  headers: string[];
  body: string;
  /** Otherwise the body has a Content-Length. */
  isChunked: boolean;
}

const FORM = "application/x-www-form-urlencoded";

const READ_AT = [
  ...["/", "/?status=FAILED", "/job?id=a", "/consumers", "/add", "/confirm?verb=cancel", "/view/list"],
  ...["/events", "/login", "/healthz", "/metrics", "/static/app.css", "/api/jobs", "/api/jobs.csv"],
  ...["/api/stats", "/api/jobs/a"],
];
const SEND_JSON_TO = [
  ...["/api/jobs", "/api/jobs/cancel", "/api/jobs/resubmit", "/api/sweep", "/api/consumers/x/crash"],
];
/** Not to the logout, which would end the session of all the others. */
const SEND_FORM_TO = [
  ...["/login", "/add", "/resubmit", "/cancel", "/all", "/all/stop", "/sweep", "/consumers/hang"],
];

type Good = readonly [method: string, target: string, type?: string, body?: string];

/** Good requests, to be spoilt. */
const GOOD: readonly Good[] = [
  ...READ_AT.map((target): Good => ["GET", target]),
  ...SEND_JSON_TO.map((target): Good => ["POST", target, "application/json", '{"ids":["a"]}']),
  ...SEND_FORM_TO.map((target): Good => ["POST", target, FORM, "id=a&back=%2F"]),
];

type Spoil = (draft: Draft, random: Random) => void;

/** The ways to spoil a draft, by name. */
const WAYS: Readonly<Record<string, Spoil>> = {
  method: (draft, random) => void (draft.method = pickPart(METHODS, random)),
  version: (draft, random) => void (draft.version = pickPart(VERSIONS, random)),
  target: (draft, random) => void (draft.target = pickPart(TARGETS, random)),
  host: (draft, random) => void (draft.host = random.chance(0.1) ? null : pickPart(HOSTS, random)),
  header: (draft, random) =>
    void draft.headers.splice(random.below(draft.headers.length + 1), 0, pickPart(HEADERS, random)),
  cookie: (draft, random) => void draft.headers.push(`Cookie: ${pickPart(COOKIES, random)}`),
  type: (draft, random) => {
    draft.headers = draft.headers.filter((line) => !line.startsWith("Content-Type"));
    draft.headers.push(`Content-Type: ${pickPart(CONTENT_TYPES, random)}`);
  },
  body: (draft, random) => void (draft.body = pickPart(BODIES, random)),
  chunks: (draft, random) => {
    draft.isChunked = true;
    draft.body = pickPart(CHUNKS, random);
  },
};

const ANY = { cutOff: true, answers: { least: 0, most: Infinity } };
const AT_MOST_ONE = { cutOff: true, answers: { least: 0, most: 1 } };

export function spoiltRequest(random: Random, credentials: Credentials): SpoiltRequest {
  const kind = random.below(20);
  if (kind === 0) return { bytes: noise(random), what: "noise", ...ANY };
  if (kind <= 2) return { bytes: bytesOf(ambiguousRequest(random)), what: "ambiguous", ...AT_MOST_ONE };
  if (kind === 3) return pipelined(random, credentials);
  if (kind === 4) return pipelinedAndSpoilt(random, credentials);
  const { draft, what } = spoilt(random, credentials);
  const bytes = bytesOf(written(draft));
  if (kind <= 7) return { ...cut(bytes, random), ...ANY };
  if (kind <= 10) return { ...flipped(bytes, random), ...ANY };
  return { bytes, what, ...ANY };
}

function spoilt(random: Random, credentials: Credentials): { draft: Draft; what: string } {
  const draft = goodDraft(random, credentials);
  const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(Object.keys(WAYS)));
  for (const name of names) WAYS[name]?.(draft, random);
  return { draft, what: names.join(" and ") };
}

function goodDraft(random: Random, { token, cookie }: Credentials): Draft {
  const [method, target, type, body = ""] = random.pick(GOOD);
  const pass = random.pick([`Authorization: Bearer ${token}`, `Cookie: ${cookie}`, null]);
  const headers = [pass, type === undefined ? null : `Content-Type: ${type}`].filter((line) => line !== null);
  return { method, target, version: "HTTP/1.1", host: "localhost", headers, body, isChunked: false };
}

function written({ method, target, version, host, headers, body, isChunked }: Draft): string {
  const lines = [
    `${method} ${target} ${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...headers,
    ...(isChunked ? ["Transfer-Encoding: chunked"] : body === "" ? [] : [`Content-Length: ${body.length}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Many valid requests at once, without waiting for a response: each must get its own. */
function pipelined(random: Random, credentials: Credentials): SpoiltRequest {
  const all = Array.from({ length: 1 + random.below(9) }, () => goodDraft(random, credentials))
    .filter(({ target }) => target !== "/events");
  const last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const count = all.length + 1;
  const answers = { least: count, most: count };
  return { bytes: bytesOf(all.map(written).join("") + last), what: "pipelined", cutOff: false, answers };
}

function pipelinedAndSpoilt(random: Random, credentials: Credentials): SpoiltRequest {
  const all = Array.from({ length: 2 + random.below(10) }, () => {
    return random.chance(0.2) ? spoilt(random, credentials).draft : goodDraft(random, credentials);
  });
  return { bytes: bytesOf(all.map(written).join("")), what: "pipelined and spoilt", ...ANY };
}

function cut(bytes: Uint8Array, random: Random) {
  return { bytes: bytes.subarray(0, random.below(bytes.length)), what: "half a request" };
}

function flipped(bytes: Uint8Array, random: Random) {
  for (let i = 0; i < 1 + random.below(4); i++) bytes[random.below(bytes.length)] = random.below(256);
  return { bytes, what: "flipped bytes" };
}

function noise(random: Random): Uint8Array {
  return Uint8Array.from({ length: 1 + random.below(3_000) }, () => random.below(256));
}
