/** The test files that are named behind `--`, in one isolate: what they share is loaded once. */
const FOLDER = new URL("../", import.meta.url);

for (const path of Deno.args) await import(new URL(path, FOLDER).href);
