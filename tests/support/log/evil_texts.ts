/** Texts that try to do harm in a terminal, a log or a spreadsheet. */

/** What a line of a log begins with. */
export const FORGED = "2026-11-24T15:00:00.000Z [INFO] Completed job_id: forged";

/** For terminals and logs. */
export const CONTROLS: readonly string[] = [
  `a\n${FORGED}`,
  `a\r\n${FORGED}`,
  `a\r${FORGED}`,
  `a\u0085${FORGED}`,
  `a\u2028${FORGED}`,
  `a\u2029${FORGED}`,
  `a\x0b${FORGED}`,
  `a\x0c${FORGED}`,
  "a\x1b[2J\x1b[H",
  "a\x1b]0;title\x07",
  "a\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
  "a\x1b]52;c;ZXZpbA==\x07",
  "a\x1bPq\x1b\\",
  "a\x1bc",
  "a\x9b31mred",
  "a\x9d0;title\x9c",
  "a\x90q\x9c",
  "a\x00b",
  "a\x08\x08\x08b",
  "a\x7fb",
  "a\x0e\x0fb",
  "a\tb",
  "a\u202etxt.exe",
  "a\u2066b\u2069",
  "a\u200fb\u061c",
  "a\u200bb\u2060\ufeff",
  "a\u00adb",
  "half \ud83d",
  "half \ude00",
  "{timestamp} %s %n $1 ${x} {{x}}",
  "a\\nb\\x1b[2J",
  "Marked job_id failed: other",
];

/** Whatever a terminal acts upon: no output may contain it, except for the end of a line. */
export const STEERS = /[\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]|[^\n\P{Cc}]/u;
