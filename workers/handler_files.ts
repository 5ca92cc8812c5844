/**
 * Which files of a folder are handlers, and which look as if they were meant to be. Links count as their targets: a
 * mounted folder often consists of links.
 */

/** Lower-case letters, digits, hyphens and underscores, a letter first: `send-mail.ts` is the kind `send-mail`. */
const HANDLER = /^([a-z][a-z0-9_-]{0,63})\.ts$/;
/** Without `.ts`. */
const MAX_NAME = 64;
const TOO_LONG = /^[a-z][a-z0-9_-]{64,}\.ts$/;
const CODE = /\.[cm]?[jt]sx?$/i;
/** Tests and types may lie beside the handlers, and so may files whose names begin with a dot or an underscore. */
const OTHER_CODE = /^[._]|[._]test\.[jt]sx?$|\.d\.ts$/i;

interface HandlerFiles {
  /** In alphabetical order. */
  readonly kinds: readonly string[];
  /** A sentence for each file that is skipped, saying what to do. */
  readonly problems: readonly string[];
}

export function handlerFiles(folder: URL): HandlerFiles {
  const kinds: string[] = [];
  const problems: string[] = [];
  for (const entry of Deno.readDirSync(folder)) {
    const { name } = entry;
    const kind = HANDLER.exec(name)?.[1];
    if (OTHER_CODE.test(name)) continue;
    const is = entry.isSymlink ? leadsTo(new URL(encodeURIComponent(name), folder)) : entry;
    if (is === null) problems.push(`${name} is a link that leads nowhere.`);
    else if (is.isDirectory) {
      if (CODE.test(name)) problems.push(`${name} is a folder, but a handler is one file.`);
      else if (looksLikeHandler(new URL(`${encodeURIComponent(name)}/`, folder))) {
        problems.push(`${name} is a folder, but a handler is one file: name it ${toFileName(name)}.`);
      }
    } else if (!is.isFile) {
      if (CODE.test(name)) problems.push(`${name} is not a file, so it is not taken as a handler.`);
    } else if (kind !== undefined) kinds.push(kind);
    else if (TOO_LONG.test(name)) problems.push(tooLong(name));
    else if (CODE.test(name)) problems.push(badName(name));
  }
  return { kinds: kinds.sort(), problems: problems.sort() };
}

/** In alphabetical order. */
export function listKinds(folder: URL): string[] {
  return [...handlerFiles(folder).kinds];
}

/** The targets, outside the folder, of links to handlers: reading them needs that permission as well. */
export function linkTargets(folder: string): string[] {
  try {
    const links = [...Deno.readDirSync(folder)].filter(({ name, isSymlink }) =>
      isSymlink && HANDLER.test(name)
    );
    return links.flatMap(({ name }) => realPath(`${folder}/${name}`));
  } catch {
    return [];
  }
}

function realPath(path: string): string[] {
  try {
    return [Deno.realPathSync(path)];
  } catch {
    return [];
  }
}

function leadsTo(link: URL): Deno.FileInfo | null {
  try {
    return Deno.statSync(link);
  } catch {
    return null;
  }
}

/** A folder of helpers is ignored; one with an entry file was probably meant as a handler. */
function looksLikeHandler(folder: URL): boolean {
  try {
    return [...Deno.readDirSync(folder)].some(({ name }) =>
      /^(mod|index|main|handler)\.[cm]?[jt]sx?$/.test(name)
    );
  } catch {
    return false;
  }
}

function badName(name: string): string {
  return `${name} is not taken as a handler: name it ${
    toFileName(name)
  }. A handler's file has a name of at most ` +
    `${MAX_NAME} small letters, digits, hyphens and underscores, begins with a letter, and ends in .ts.`;
}

/** Only its length is wrong: a name that was cut would be no better. */
function tooLong(name: string): string {
  const length = name.length - ".ts".length;
  return `${name} is not taken as a handler: its name has ${length} characters before .ts, and may have ${MAX_NAME}.`;
}

/** `sendMail.tsx` → `send-mail.ts`, `2fa.js` → `kind-2fa.ts`, `Größe.ts` → `grosse.ts`. */
function toFileName(name: string): string {
  const latin = name.replace(CODE, "").normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll("ß", "ss");
  const words = latin.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  const plain = words.replaceAll(/[^a-z0-9_-]+/g, "-").replaceAll(/^[-_]+|-+$/g, "") || "kind";
  return `${/^[a-z]/.test(plain) ? plain : `kind-${plain}`}`.slice(0, MAX_NAME) + ".ts";
}
