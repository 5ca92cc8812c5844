/** Computes for ever, with a deadline. */
export const deadlineMs = 200;

export function handler(): never {
  for (;;);
}
