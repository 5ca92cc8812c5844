/** What handlers note in a file shared by all hosts: which host began which job, when, and under which lease. */
import type { TempFolder } from "../../support/temp_folder.ts";

export interface Begun {
  readonly host: string;
  readonly id: string;
  readonly kind: string;
  readonly lease: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const NAME = "ledger";

/** A host that is to be cut off holds the jobs of its own kind until told to stop; other hosts complete them at once. */
const handler = (host: string, kind: string) => `
export function handler({ id, lease }, { settings, signal }) {
  const line = { host: ${JSON.stringify(host)}, id, kind: ${JSON.stringify(kind)}, lease, at: Date.now() };
  Deno.writeTextFileSync(settings.filesDir + "/${NAME}", JSON.stringify(line) + "\\n", { append: true });
  if (${JSON.stringify(host)} !== ${JSON.stringify(kind)}) return "done by ${host}";
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}`;

/** Its folder of handlers. Some jobs can only run at home: no other host knows their kind. */
export async function handlersOf(host: string, folder: TempFolder): Promise<string> {
  const path = folder.file(`handlers-${host}`);
  await Deno.mkdir(path);
  const isCutOff = host === "closed" || host === "silent";
  const kinds = isCutOff ? [host, `home_of_${host}`] : ["closed", "silent"];
  for (const kind of kinds) await Deno.writeTextFile(`${path}/${kind}.ts`, handler(host, kind));
  return path;
}

export function readLedger(files: string): Begun[] {
  return Deno.readTextFileSync(`${files}/${NAME}`).trim().split("\n").map((line) => JSON.parse(line));
}
