/** Malformed parts of requests; one character is one byte. */
import type { Random } from "../../support/random.ts";

export const METHODS = [
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "M-SEARCH"],
  ...["", "get", "G ET", "GET\t", "GET\0", "\r\nGET", "BREW", "\xff", "GET/", "{}", "A".repeat(9_000), "PRI"],
];

export const VERSIONS = [
  ...["HTTP/1.0", "HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "HTTP/11", "HTTP/1.1.1", "HTTP/-1.1", ""],
  ...["HTTP/", "HTTP/1.", "http/1.1", "HTTP/a.b", "HTTP /1.1", "HTTP/1.1 x", "HTTP/1.1\0", "ICE/1.0"],
];

/** `#` stands for a number, so that no two are the same. */
export const TARGETS = [
  ...["", "*", "/*", "?", "#", "//", "///", "/..", "/../..", "/.", "/%2e%2e/", "/..%2f..%2fetc%2fpasswd"],
  ...["\\", "/%", "/%z", "/%zz", "/%E0%A4%A", "/%c0%ae%c0%ae/", "/%00", "/\0", "/\x80\xff", "/ x", "/\t"],
  ...["/a\rb", "/api/jobs/%", "/api/jobs/%zz", "/api/jobs/%ff#", "/api/jobs/", "/api/jobs/..%2f.."],
  ...["/api//jobs", "/api/jobs?limit=-1", "/api/jobs?limit=1e9", "/api/jobs?limit=201"],
  ...["/api/jobs?cursor=%00", "/api/jobs?cursor=9e9", "/api/jobs?status=%zz", "/api/jobs?status=__proto__"],
  ...["/api/jobs?q=%25%5f&q=2", "/api/jobs?kind=%ff", "/?limit=%F0%9F", "/?status[]=1", "/?cursor=-1"],
  ...["/?note=%00", "/?q=%ff%fe", "/job", "/job?id=", "/job?id=%00", "/job?id=%ed%a0%80"],
  ...["/confirm?verb=__proto__", "/confirm?verb=cancel&status=x", "/view/list?watch=%00", "/view/job?id=#"],
  ...["/static/__proto__", "/static/..", "/static/%2e%2e%2fapp.ts", "/static/app.css/", "/static/\0"],
  ...["/login?next=//evil.example", "/login?next=%0d%0aSet-Cookie:a=b", "/login?next=\\\\evil", "/healthz/"],
  ...["/metrics?x", "http://localhost/healthz", "http://evil.example/healthz", "https://localhost/"],
  ...["http://[::1", "http://", "http://localhost:99999/", "http://user:word@localhost/", "ftp://localhost/"],
  ...["localhost:80", "evil.example:443", "javascript:alert(1)", "file:///etc/passwd", "data:,x"],
  ...[`/${"a".repeat(20_000)}`, `/?${"a=b&".repeat(3_000)}`, `/${"../".repeat(500)}`],
  ...[`/${"%2e%2e%2f".repeat(500)}`, `/job?id=${"x".repeat(12_000)}`, "/events?#", "/api/stats?#"],
];

export const HOSTS = [
  ...["", " ", "[::1", "::1", "[::1]]", "[]", "[::::]", "[v1.x]", "[::1%25eth0]", "localhost:"],
  ...["localhost:0", "localhost:99999", "localhost:-1", "localhost:80:80", "localhost:x", "127.0.0.256"],
  ...["127.1", "0x7f.1", "2130706433", "local host", "localhost/x", "localhost@evil.example", "evil.example"],
  ...["localhost, evil.example", "*", "a\0b", "localhost.", ".localhost", "localhost\\evil.example"],
  ...["localhost#x", "localhost?x", "%6cocalhost", "\xff", "localhost.evil.example", "127.0.0.1.nip.io"],
  ...["a".repeat(9_000), "http://localhost", "xn--", "_", "-"],
];

/** Whole lines, without their ends. */
export const HEADERS = [
  ...["", ":", ": x", "x", "x :y", " x: y", "x:y\0z", "x\0: y", "x: \r y", "x: y\n z", "\xff: \xff"],
  ...["x y: z", "Host: localhost", "Host: evil.example", "Content-Length: 1", "Content-Length: -1"],
  ...["Content-Length: 1e3", "Content-Length: 9999999999999999999", "Content-Length:"],
  ...["Content-Length: 5, 5", "Content-Length: 0x5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip"],
  ...["Transfer-Encoding:", "Transfer-Encoding: \x0bchunked", "Expect: 100-continue", "Expect: banana"],
  ...["Upgrade: websocket\r\nConnection: Upgrade", "Connection: \xff"],
  ...["Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__"],
  ...["Trailer: Host", "Connection: keep-alive, close", "TE: trailers", "Range: bytes=0-0,-1"],
  ...["If-None-Match: *", "If-Modified-Since: x", "Accept-Encoding: br;q=x", "Accept: \0", "Origin: null"],
  ...["Origin: \xff", "Origin: http://", "Sec-Fetch-Site: \xff", 'Forwarded: for="\r\n x"'],
  ...["X-Forwarded-Proto: https, http", "X-HTTP-Method-Override: DELETE", "Via: \xff"],
  ...["Authorization: Bearer", "Authorization: Bearer \xff", "Authorization: Basic !!!"],
  ...["Authorization: bearer  x y", "__proto__: x", "constructor: x", "Set-Cookie: a=b"],
  ...["Last-Event-ID: \xff", "Content-Encoding: gzip", `x: ${"y".repeat(30_000)}`],
  ...[`${"x".repeat(30_000)}: y`, "a: b\r\n".repeat(3_000) + "c: d", "x: y\r\nx: z"],
];

export const COOKIES = [
  ...["", ";", "=", ";;;=;", "pq_manager", "pq_manager=", "pq_manager=%zz", "pq_manager=\xff"],
  ...["pq_manager=\0", "a=b", 'pq_manager="x"', "pq_manager=__proto__", "pq_ops=x; pq_manager=y"],
  ...["pq_manager=a; ".repeat(500), "\xff=\xff", `pq_manager=${"x".repeat(12_000)}`, "pq_manager=../../x"],
  ...["$Version=1; pq_manager=x", "pq_manager = x"],
];

export const CONTENT_TYPES = [
  ...["", "x", "application/json", "application/json; charset=utf-16", "application/json, text/plain"],
  ...["APPLICATION/JSON", "text/plain", "application/x-www-form-urlencoded"],
  ...["application/x-www-form-urlencoded; charset=\xff", "multipart/form-data"],
  ...["multipart/form-data; boundary=", 'multipart/form-data; boundary="', "multipart/form-data; boundary=x"],
  ...[`multipart/form-data; boundary=${"x".repeat(5_000)}`, "application/jsonp", "*/*", "\0"],
  ...["application/json\0"],
];

export const BODIES = [
  ...["", " ", "\0", "{", "}", "[", "[[", '"', "'", "nul", "NaN", "undefined", "{a:1}", "[1,]", '{"id":}'],
  ...["\xef\xbb\xbf{}", "null", "0", "-0", "1e999", "true", '""', "[]", "{}", "[null]", "[[]]"],
  ...['{"id":null}', '{"id":""}', '{"id":{}}', '{"id":"\\u0000"}', '{"id":"\\ud800"}', '{"id":"\xff\xfe"}'],
  ...['{"id":"a\nb"}', '{"id":"\\u001b[2J","kind":"file"}', '{"__proto__":{"id":"a"}}', '{"constructor":1}'],
  ...['{"id":"a","id":"b"}', '{"id":"a","kind":"../mail"}', '{"ids":[1]}', '{"id":"a","priority":1e308}'],
  ...['{"id":"a","run_at":-1}', '{"id":"a","run_at":"x"}', '{"filter":[]}', '{"ids":[]}'],
  ...['{"id":"a","payload":1e400}', '{"filter":{"status":"x"}}', '{"ids":["\\u0000"]}'],
  ...['{"filter":{},"all":"yes"}', "password=", "password=%zz", "password=a&password=b", "&&&===", "id=%ff"],
  ...["back=//evil.example", "verb=__proto__", "--x\r\n\r\n--x--", "--x"],
  ...['--x\r\nContent-Disposition: form-data; name="id"\r\n\r\na', "--x--\r\n", "--x\r\nX\0: y"],
  ...["[".repeat(20_000), `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`, `"${"x".repeat(50_000)}"`],
  ...["\xff".repeat(2_000)],
];

/** Chunks of a body, whole. */
export const CHUNKS = [
  ...["zz\r\n", "-1\r\nx\r\n", "0x5\r\nhello\r\n", "5\r\nhell", "5\nhello\n0\n\n"],
  ...["5\r\nhelloX\r\n0\r\n\r\n", "\r\n", "5;", "ffffffffffffffff\r\nx", "10000000000000005\r\nhello\r\n"],
  ...["00000000000000000000005\r\nhello\r\n0\r\n\r\n", `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`],
  ...["5;x=\0\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n"],
  ...["0\r\nHost: evil.example\r\n\r\n", `0\r\n${"a: b\r\n".repeat(2_000)}\r\n`, "0\r\nx\0: y\r\n\r\n"],
  ...["1\r\n{\r\n0\r\n\r\n"],
];

/** One of the list, with `#` replaced by a number that was not used before. */
export function pickPart(list: readonly string[], random: Random): string {
  return random.pick(list).replace("#", () => String(random.below(1e9)));
}
