/** Which servers are new enough. */

/** Older versions lack features that the scripts use. */
const OLDEST_SERVER = 7;

/**
 * Why a server with this answer to INFO cannot be used, as a sentence; null: it can, or it does not say. Valkey reports the
 * version of Redis that it is compatible with.
 */
export function tooOld(info: string): string | null {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined || Number.parseInt(version) >= OLDEST_SERVER) return null;
  return `Redis ${version} is too old: use ${OLDEST_SERVER} or newer, or Valkey.`;
}
