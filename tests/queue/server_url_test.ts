/** URLs of servers that would be misread: each is refused with what to write instead, and no part of it is shown. */
import assert from "node:assert/strict";
import { misreadQueueUrl, placeOfQueue } from "../../queue/get_queue.ts";

/** With an unescaped special character in the password, a piece of the password is read as another part of the URL. */
const REFUSED: Readonly<Record<string, { readonly urls: readonly string[]; readonly says: RegExp }>> = {
  "a percent sign that encodes nothing": {
    urls: [
      "postgres://queue:100%hunter2@db/jobs",
      "redis://queue:hunter2%@db",
      "postgres://u:hunter2%ff@db/jobs",
      "postgres://u:hunter2%00@db/jobs",
    ],
    says: /^has a % that encodes nothing: write % as %25 in a password, for example /,
  },
  "a #": {
    urls: ["postgres://queue:#hunter2@db/jobs", "redis://queue:1#hunter2@db", "redis://db/0#hunter2"],
    says: /^has a #, which ends it: write # as %23 in a password, for example /,
  },
  "another special character in the password": {
    urls: [
      "postgres://queue:a/hunter2@db/jobs",
      "postgres://queue:1/hunter2@db",
      "postgres://queue:1?hunter2@db/jobs",
      "postgres://queue:a,b/hunter2@db/jobs",
      "redis://queue:1/hunter2@db/0",
      "redis://queue:1?hunter2@db/0",
      "redis://:a/b/hunter2@db/0",
    ],
    says: /^cannot be read: percent-encode the special characters of the password, .* for example /,
  },
  "a port that no server has": {
    urls: ["postgres://queue:hunter2@db:70000/jobs", "redis://:hunter2@db:65536"],
    says: /^cannot be read: .* a port up to 65535, for example /,
  },
  "a socket": {
    urls: [
      "postgres://queue:hunter2@%2Ftmp%2Fdir/jobs",
      "postgres:///jobs?host=/tmp&password=hunter2",
      "postgres://queue:hunter2@/jobs?host=%2Ftmp",
      "postgres://queue:hunter2@db/jobs?host=/tmp",
      "redis:///tmp/hunter2.sock",
      "redis://%2Ftmp%2Fhunter2.sock",
    ],
    says: /^names a socket of this machine, which cannot be used: name a host, for example /,
  },
  "several hosts": {
    urls: [
      "postgres://queue:hunter2@one,two/jobs",
      "postgres://queue:hunter2@one:5432,two:5433/jobs",
      "redis://:hunter2@one:6379,two:6379",
    ],
    says: /^names several hosts: name one, which may be a virtual IP or a proxy .* for example /,
  },
  "no host": {
    urls: ["postgres:///jobs", "postgres://queue:hunter2@/jobs", "redis:///0", "redis:6379"],
    says: /^names no host: for example (postgres|redis):/,
  },
  "a host whose name has letters beyond those of DNS": {
    urls: [
      "postgres://queue:hunter2@bücher.example/jobs",
      "postgres://queue:hunter2@b%c3%bccher.example/jobs",
      "redis://:hunter2@bücher.example",
      "rediss://:hunter2@db.例え:6380/1",
    ],
    says: /^names a host with letters that DNS does not know: .* xn--, for example (postgres|redis):/,
  },
  "a parameter of Redis that is misspelt": {
    urls: ["redis://:hunter2@db?prefx=hunter2", "redis://:hunter2@db/0?prefix=jobs&db=1"],
    says: /^has an unknown parameter: .*\?prefix=jobs$/,
  },
  "a parameter that overrides what the queue needs of PostgreSQL": {
    urls: [
      ...["synchronous_commit=off", "Synchronous_Commit=off", "timezone=hunter2", "lock_timeout=0"],
      ...["persistent_queue.store=hunter2", "user=hunter2", "DATABASE=hunter2", "client_encoding=LATIN1"],
      ...["options=-c%20synchronous_commit%3Doff", "replication=database", "enable_seqscan=on"],
    ].map((parameter) => `postgres://queue:hunter2@db/jobs?sslmode=require&${parameter}`),
    says: /^has the parameter [A-Za-z_.]+, which the queue sets itself: take it out, for example /,
  },
  "a search path in whatever letters": {
    urls: ["postgres://db/jobs?search_path=hunter2", "postgres://db/jobs?Search_Path=hunter2"],
    says: /^has a search_path: .*\?schema=jobs$/,
  },
  "a schema that is too long": {
    urls: [`postgres://queue:hunter2@db/jobs?schema=${"a".repeat(52)}`],
    says: /^has an invalid schema name: use up to 51 small letters, .*\?schema=jobs$/,
  },
  "a prefix that is too long": {
    urls: [`redis://:hunter2@db?prefix=${"a".repeat(51)}`],
    says: /^has an invalid prefix: use up to 50 small letters, .*\?prefix=jobs$/,
  },
};

for (const [name, { urls, says }] of Object.entries(REFUSED)) {
  Deno.test(`a URL with ${name} is refused with what to write instead, and none of its parts is shown`, () => {
    for (const url of urls) {
      const problem = misreadQueueUrl(url) ?? "";
      assert.match(problem, says, url);
      assert.doesNotMatch(problem, /hunter2/);
    }
  });
}

Deno.test("every other way to write the URL of a server leads to the same place", () => {
  const places: Readonly<Record<string, string>> = {
    "postgres://queue:p%40ss@db/jobs": "postgres://db:5432/jobs?schema=persistent_queue",
    "PostgreSQL://queue:p,s@ss@DB:7000/jobs?schema=x": "postgres://db:7000/jobs?schema=x",
    "postgres://queue@[2001:db8::1]/jobs": "postgres://[2001:db8::1]:5432/jobs?schema=persistent_queue",
    "postgres://queue@[::1]:5432/My%20Jobs": "postgres://localhost:5432/My%20Jobs?schema=persistent_queue",
    "postgres://db/jobs?application_name=me@home": "postgres://db:5432/jobs?schema=persistent_queue",
    "REDIS://:%25%23@db/3": "redis://db:6379/3?prefix=persistent-queue",
    "rediss://[::1]?prefix=jobs": "redis://localhost:6379/0?prefix=jobs",
    "redis://db/00": "redis://db:6379/0?prefix=persistent-queue",
    "redis://db:6379/007?prefix=jobs": "redis://db:6379/7?prefix=jobs",
    "redis://db.example.com./": "redis://db.example.com:6379/0?prefix=persistent-queue",
    "redis://user:password@LocalHost.:6379": "redis://localhost:6379/0?prefix=persistent-queue",
    "postgres://DB.example.com.:5432/jobs": "postgres://db.example.com:5432/jobs?schema=persistent_queue",
    "postgres://queue:%C3%BC@xn--bcher-kva.example/B%C3%BCcher":
      "postgres://xn--bcher-kva.example:5432/B%C3%BCcher?schema=persistent_queue",
    [`postgres://db/jobs?schema=${"a".repeat(51)}`]: `postgres://db:5432/jobs?schema=${"a".repeat(51)}`,
  };
  for (const [url, place] of Object.entries(places)) {
    assert.equal(misreadQueueUrl(url), null, url);
    assert.equal(placeOfQueue(url), place);
  }
});
