/**
 * Runs the test files that are named after `--` in one isolate, so that what they share is loaded once. Other words are
 * for those files.
 */
const FOLDER = new URL("../", import.meta.url);

for (const path of Deno.args) if (path.endsWith(".ts")) await import(new URL(path, FOLDER).href);
