/** Uses the polyfill of `filled`. */
export { handler } from "./filled.ts";
