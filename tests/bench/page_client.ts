/// <reference lib="deno.worker" />
/**
 * Readers of the pages, in a separate thread. On `{ pages, streams, cookie }` they open `streams` event
 * streams and request each page in turn, again and again; on `"stop"` they post how long each page took, in
 * milliseconds.
 */
export interface Readers {
  /** Addresses, by the name of what they show. */
  readonly pages: Readonly<Record<string, string>>;
  readonly cookie: string;
  readonly streams: readonly string[];
}

const PAUSE_MS = 20;
const abort = new AbortController();
const took: Record<string, number[]> = {};

self.onmessage = ({ data }: MessageEvent<Readers | "stop">) => {
  if (data !== "stop") return read(data);
  abort.abort();
  self.postMessage(took);
};

function read({ pages, cookie, streams }: Readers): void {
  const headers = { Cookie: cookie };
  for (const url of streams) listen(url, headers).catch(unlessStopped);
  askInTurn(Object.entries(pages), headers).catch(unlessStopped);
}

async function listen(url: string, headers: HeadersInit): Promise<void> {
  const { body } = await fetch(url, { headers, signal: abort.signal });
  for await (const _ of body ?? []);
}

async function askInTurn(pages: readonly (readonly [string, string])[], headers: HeadersInit): Promise<void> {
  while (!abort.signal.aborted && pages.length > 0) {
    for (const [name, url] of pages) {
      const since = performance.now();
      const response = await fetch(url, { headers, signal: abort.signal, redirect: "manual" });
      await response.text();
      if (response.status !== 200) throw new Error(`${name}: ${response.status}`);
      (took[name] ??= []).push(performance.now() - since);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function unlessStopped(error: unknown): void {
  if (!abort.signal.aborted) throw error;
}
