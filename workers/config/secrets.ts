/** The secrets: the password of the pages, and the token of the HTTP API. No message shows them. */
import { type Setting, UNSET } from "./setting.ts";

/** It is in the README, so everyone knows it. */
export const DEFAULT_PASSWORD = "admin123";

/** The shortest length that withstands guessing: a person has to remember a password; a token comes from a generator. */
export const SECRETS = {
  MANAGER_PASSWORD: { shortest: 8, generator: "openssl rand -base64 18" },
  API_TOKEN: { shortest: 12, generator: "openssl rand -hex 24" },
} as const;

export type SecretName = keyof typeof SECRETS;

interface Meaning {
  readonly means: string;
}

export function password<const Name extends SecretName>(
  name: Name,
  { means }: Meaning,
): Setting<Name, string> {
  return {
    ...{ name, defaultText: DEFAULT_PASSWORD, limits: whereReachable(name), means },
    parse: ({ text }) => text ?? DEFAULT_PASSWORD,
  };
}

/** Text that can be sent in a header; null if unset. */
export function token<const Name extends SecretName>(
  name: Name,
  { means }: Meaning,
): Setting<Name, string | null> {
  return {
    ...{ name, defaultText: UNSET, limits: `${whereReachable(name)}, or it is not accepted`, means },
    parse({ text, reject }) {
      if (text === null || /^[\x21-\x7e]+$/.test(text)) return text;
      reject(
        `${name} has a character that no HTTP header can carry; use letters, digits and punctuation of ASCII ` +
          `without spaces, for example the output of "${SECRETS[name].generator}"`,
      );
      return null;
    },
  };
}

function whereReachable(name: SecretName): string {
  return `${SECRETS[name].shortest} characters or more where others can reach the pages`;
}
