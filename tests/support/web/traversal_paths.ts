/** Paths that name a file outside `data/files`, openly or in disguise. */

/** Their text alone shows that they lead outside, so a retry cannot help. */
export const OUTSIDE: readonly string[] = [
  ...["../secret.txt", "data/files/../../secret.txt", "data/files/../queue.db", "data/files/./../queue.db"],
  ...[
    "data/files/sub/../../queue.db",
    "data/files//../queue.db",
    "data//files/..//queue.db",
    "data/files/..",
  ],
  ...["data/files", "data/files/", "data/files/.", "data/files/sub/..", "data", ".", "..", "/", "secret.txt"],
  ...[
    "/etc/passwd",
    "//etc/passwd",
    "/./etc/passwd",
    "file:///etc/passwd",
    "/proc/self/mem",
    "/proc/self/fd/1",
  ],
  ...["/dev/zero", "/dev/stdout", "/dev/full", "data/files2/near.txt", "data/filesecret.txt"],
  ...[
    "data/files/../files2/near.txt",
    "data/files/good.txt/../../queue.db",
    `${"../".repeat(600)}etc/passwd`,
  ],
  ...[
    "%2e%2e%2fsecret.txt",
    "..%2fsecret.txt",
    "data\\files\\good.txt",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
  ],
  ...[
    "~/secret.txt",
    "$HOME/secret.txt",
    "data/ files/good.txt",
    "DATA/FILES/good.txt",
    "data/files\u200b/good.txt",
  ],
];

/** They lead nowhere: there is no such file below `data/files`, however other programs read the name. */
export const NOWHERE: readonly string[] = [
  ...[
    "data/files/%2e%2e/queue.db",
    "data/files/..%2fqueue.db",
    "data/files/%2e%2e%2fqueue.db",
    "data/files/%00good.txt",
  ],
  ...[
    "data/files/..\\queue.db",
    "data/files/..\\..\\secret.txt",
    "data/files/.../queue.db",
    "data/files/....//queue.db",
  ],
  ...[
    "data/files/..;/queue.db",
    "data/files/.. /queue.db",
    "data/files/ ../queue.db",
    "data/files/%c0%ae%c0%ae/queue.db",
  ],
  ...[
    "data/files/\u2025/queue.db",
    "data/files/\uff0e\uff0e/queue.db",
    "data/files/\uff0e\uff0e\uff0fqueue.db",
  ],
  ...[
    "data/files/good.txt%00",
    "data/files/good.txt::$DATA",
    "data/files/GOOD.TXT",
    "data/files/*",
    "data/files/{a,b}",
  ],
  ...[
    "data/files/$(touch made.txt)",
    "data/files/`touch made.txt`",
    "data/files/;touch made.txt",
    "data/files/|x",
  ],
  ...[`data/files/${"a/".repeat(900)}x`, `data/files/${"x".repeat(300)}`, "data/files/good.txt/x"],
];
