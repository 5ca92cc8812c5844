/** The pages cannot be served as the settings say: another program has the port, for instance. The message says what to do. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}
