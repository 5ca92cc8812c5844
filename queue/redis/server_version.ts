/** Which servers are new enough. */

/** Older versions lack what the scripts use. */
const OLDEST_SERVER = 7;

/** Why a server that answers INFO so cannot be used, as a sentence; null: it can, or it does not say. Valkey names the Redis that it equals. */
export function tooOld(info: string): string | null {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined || Number.parseInt(version) >= OLDEST_SERVER) return null;
  return `Redis ${version} is too old: use ${OLDEST_SERVER} or newer, or Valkey.`;
}
