/** Uses a polyfill. */
import { secondOf } from "./libraries/adds_method.ts";

export function handler(): unknown {
  return secondOf([1, 2, 3]);
}
