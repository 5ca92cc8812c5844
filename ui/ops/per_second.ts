import { count } from "../components/format.ts";

/** `0.03/s`, `0.3/s`, `12/s`, `1,234/s`. */
export function perSecond(rate: number): string {
  if (rate === 0 || rate >= 10) return `${count(Math.round(rate))}/s`;
  return `${rate.toFixed(rate < 0.1 ? 2 : 1)}/s`;
}
