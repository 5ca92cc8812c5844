import { count } from "../components/format.ts";

/** `0.3/s`, `12/s`, `1,234/s`. */
export function perSecond(rate: number): string {
  return `${rate > 0 && rate < 10 ? rate.toFixed(1) : count(Math.round(rate))}/s`;
}
