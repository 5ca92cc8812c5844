/** Statements that read the history of a job and keep it short. Part of `statements.ts`. */

/** An edit by hand may leave an integer that JavaScript cannot represent: this reads the nearest one that it can. */
export const readable = (column: string) =>
  `max(-9007199254740991, min(${column}, 9007199254740991)) AS ${column}`;

/** The newest 20 lines are read with full texts, the others only with the beginning of theirs. */
const isNew =
  `n >= coalesce((SELECT n FROM history WHERE seq = ?1 ORDER BY n DESC LIMIT 1 OFFSET 19), -9007199254740991)`;

const LINE = `${readable("at")}, event, ${readable("lease")}, ${readable("retries")}, consumer_id,
      substr(detail, 1, iif(${isNew}, 20000, 500)) AS detail, ${readable("taken_at")}, ${readable("ran_ms")},
      iif(${isNew}, report, NULL) AS report, iif(${isNew}, log, NULL) AS log`;

/** Everything that is stored of a line. */
const WHOLE_LINE = `${readable("at")}, event, ${readable("lease")}, ${readable("retries")}, consumer_id,
      detail, ${readable("taken_at")}, ${readable("ran_ms")}, report, log`;

export const HISTORY_SQL = {
  // ?1 seq ?2 how many
  newestLines: `SELECT ${LINE} FROM history WHERE seq = ?1 ORDER BY n DESC LIMIT ?2`,
  firstLines: `SELECT ${LINE} FROM history WHERE seq = ?1 ORDER BY n LIMIT ?2`,
  wholeNewestLines: `SELECT ${WHOLE_LINE} FROM history WHERE seq = ?1 ORDER BY n DESC LIMIT ?2`,
  wholeFirstLines: `SELECT ${WHOLE_LINE} FROM history WHERE seq = ?1 ORDER BY n LIMIT ?2`,
  countLines: `SELECT count(*) AS n FROM (SELECT 1 FROM history WHERE seq = ?1 LIMIT ?2)`,

  // fold: ?1 seq ?2 how many lines to skip
  lineFromEnd: `SELECT n FROM history WHERE seq = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2`,
  lineFromStart: `SELECT n, event, detail FROM history WHERE seq = ?1 ORDER BY n LIMIT 1 OFFSET ?2`,
  // ?1 seq ?2 n
  lineBefore: `SELECT at, lease, retries FROM history WHERE seq = ?1 AND n < ?2 ORDER BY n DESC LIMIT 1`,
  // ?1 seq ?2 after this n ?3 before this one
  removeLines: `DELETE FROM history WHERE seq = ?1 AND n > ?2 AND n < ?3`,
  // ?1 n ?2 at ?3 lease ?4 retries ?5 detail
  foldLine:
    `UPDATE history SET event = 'folded', at = ?2, lease = ?3, retries = ?4, detail = ?5, consumer_id = NULL,
      taken_at = NULL, ran_ms = NULL, report = NULL, log = NULL WHERE n = ?1`,
  // ?1 seq ?2 before this n
  forgetTexts: `UPDATE history SET report = NULL, log = NULL
    WHERE seq = ?1 AND n < ?2 AND (report IS NOT NULL OR log IS NOT NULL)`,
} as const;
