/** Milliseconds since 1970 with fractions: comparable between threads. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
