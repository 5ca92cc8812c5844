/** Prints, as libraries do in places that nobody thinks of. */
export function handler(): string {
  console.log("to the terminal");
  console.error("to the terminal");
  return "done";
}
