/** Returns at once, and leaves code behind that blocks its thread a millisecond later. */
export function handler(): void {
  setTimeout(() => {
    for (;;);
  }, 1);
}
