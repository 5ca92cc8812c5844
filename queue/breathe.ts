/** Lets everything that waits for the thread run first: between the pages of a long work. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
