/** Prints, as libraries do in unexpected places. */
export function handler(): string {
  console.log("to the terminal");
  console.error("to the terminal");
  return "done";
}
