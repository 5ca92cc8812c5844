/** Where an error came from, by its stack: places in the team's own code, shortened. */

const WORKERS = new URL("../", import.meta.url).href;
const HANDLERS = new URL("../handlers/", import.meta.url).href;
const PROJECT = new URL("../../", import.meta.url).href;
const QUEUE = new URL("../../queue/", import.meta.url).href;

const FRAME = /^\s*at .*?\(?((?:file|https?|data|blob|npm|jsr|ext|node):[^\s()]+?):(\d+):(\d+)\)?$/;
/** Deeper frames seldom help, and they are stored for each attempt. */
const MAX_FRAMES = 30;

export interface Places {
  /** The lines of the stack without this system's own frames, each with a short path. */
  readonly frames: readonly string[];
  /** The first frame that belongs neither to this system nor to a library, such as `handlers/mail.ts:12:5`; null if none. */
  readonly own: string | null;
}

/** `head` is what the stack begins with, `Error: message`: a message may contain lines that look like frames. */
export function placesIn(stack: string, head: string): Places {
  const frames: string[] = [];
  let own: string | null = null;
  for (const line of (stack.startsWith(head) ? stack.slice(head.length) : stack).split("\n")) {
    if (!/^\s+at /.test(line)) continue;
    const [, url = "", row, column] = FRAME.exec(line) ?? [];
    if (isInternal(url)) continue;
    if (isOwn(url)) own ??= `${shortened(url)}:${row}:${column}`;
    if (frames.length < MAX_FRAMES) frames.push(`    ${shortened(line.trim())}`);
    else if (own !== null) break;
  }
  return { frames, own };
}

function isOwn(url: string): boolean {
  return url.startsWith("file:") && !url.includes("/node_modules/");
}

function isInternal(url: string): boolean {
  if (url.startsWith("ext:")) return true;
  return (url.startsWith(WORKERS) && !url.startsWith(HANDLERS)) || url.startsWith(QUEUE);
}

/** Shortens paths. The URL of a module that was loaded again has a query, which is removed. */
function shortened(text: string): string {
  return text.replaceAll(PROJECT, "").replaceAll("file://", "").replace(/\?[^\s:)]*/, "");
}
