/** Where QUEUE_URL puts the queue: in a file on this machine, or on a server, which other hosts may use too. */

interface QueueSetting {
  readonly queueUrl: string;
}

const FILE = "sqlite:";

export function isOnServer({ queueUrl }: QueueSetting): boolean {
  return !queueUrl.startsWith(FILE);
}

/** The path of the database; null on a server. */
export function databaseOf({ queueUrl }: QueueSetting): string | null {
  return isOnServer({ queueUrl }) ? null : queueUrl.slice(FILE.length);
}
