/** A promise of the queue that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}
