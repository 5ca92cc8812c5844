/** The pages cannot be served as the settings say: somebody else has the port, for instance. The message says what to do. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}
