/** Takes longer than a fast heartbeat. */
const SLOW_MS = 45;

export function handler(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve("done"), SLOW_MS));
}
