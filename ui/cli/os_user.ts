import { userInfo } from "node:os";

/** The user of the operating system who runs this process, whatever the environment says. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    // It has no name on this machine, or names may not be asked for.
    return "unknown";
  }
}
