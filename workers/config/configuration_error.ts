/** The settings cannot be used. Exit code 78. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  /** @param problems One sentence each: what was given, what is allowed, an example. Never a secret. */
  constructor(readonly problems: readonly string[]) {
    super(["The settings cannot be used:", ...problems.map((problem) => `- ${problem}`)].join("\n"));
  }
}
