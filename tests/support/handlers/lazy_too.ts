/** Shares the library of `lazy`. */
export { handler } from "./lazy.ts";
