/** A broken guarantee of the queue. */
export class Violation extends Error {
  override readonly name = "Violation";
}
