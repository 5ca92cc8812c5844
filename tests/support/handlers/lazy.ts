/** Imports its library when it runs, and returns the library's own count of calls. */
export async function handler(): Promise<number> {
  const { countCall } = await import("./libraries/counts_in_global.ts");
  return countCall();
}
