/** Never looks at its signal. */
export function handler(): Promise<never> {
  return new Promise(() => {});
}
