/** Consumers come and go, each with its own log: the oldest are removed. */

interface ConsumerLog {
  readonly name: string;
  readonly modifiedAt: number;
}

interface KeptLogs {
  /** How many lives keep their logs. */
  readonly keep?: number;
  /** Names of lives (`consumer_<uuid>`) that are running: kept, whatever their age. */
  readonly except?: readonly string[];
}

/** Removes the logs of all consumer lives but the newest, with their rotated files. */
export async function removeOldConsumerLogs(
  dir: string,
  { keep = 50, except = [] }: KeptLogs = {},
): Promise<void> {
  const lives = Map.groupBy(await consumerLogsIn(dir), ({ name }) => name.slice(0, name.indexOf(".log")));
  const oldestFirst = [...lives].map(([life, files]) => ({
    life,
    files,
    modifiedAt: Math.max(...files.map((file) => file.modifiedAt)),
  })).sort((left, right) => left.modifiedAt - right.modifiedAt);
  for (const { life, files } of oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep))) {
    if (except.includes(life)) continue;
    for (const { name } of files) await unlessGone(Deno.remove(`${dir}/${name}`));
  }
}

async function consumerLogsIn(dir: string): Promise<ConsumerLog[]> {
  const found: ConsumerLog[] = [];
  for await (const { name, isFile } of Deno.readDir(dir)) {
    if (!isFile || !/^consumer_[^/]*\.log(\.\d+)?$/.test(name)) continue;
    const modified = (await unlessGone(Deno.lstat(`${dir}/${name}`)))?.mtime;
    if (modified) found.push({ name, modifiedAt: modified.getTime() });
  }
  return found;
}

/** Other processes remove logs too, and files rotate away during the pass. */
async function unlessGone<Answer>(work: Promise<Answer>): Promise<Answer | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
