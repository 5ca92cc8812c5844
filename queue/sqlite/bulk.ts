/** Many jobs are written with one statement, to which their values go as JSON. */

/** Fewer jobs are written one by one. */
export const FEWEST = 4;
/** Characters; a longer value costs more as JSON in JSON than a statement of its own. */
export const LONGEST = 16 * 1024;
