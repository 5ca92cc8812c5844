/**
 * What a thread may be given of a folder in which something is closed to handlers, such as `.env` or the database. A
 * permission holds for the text of a path, whatever lies behind it: through a link, the same file has another path that
 * nothing denies. So paths are compared after every link is resolved, and a link into something closed is closed too.
 */
import { basename, dirname, join } from "node:path";
import { isWithin, realPath } from "../config/place_rules.ts";

interface Parts {
  readonly kind: "read" | "write";
  /** Real paths. */
  readonly closed: readonly string[];
}

/**
 * A thread cannot be given a folder in which something is closed. Instead it gets everything else that is in that folder
 * at the start.
 */
export function partsOf(path: string, { kind, closed }: Parts): string[] {
  const target = realPath(path);
  if (closed.some((one) => isWithin(placeOf(path), one) || isWithin(target, one))) return [];
  const { state, partial } = Deno.permissions.querySync({ name: kind, path });
  if (state !== "granted") return [];
  if (!partial && !closed.some((one) => isWithin(one, target))) return [path];
  return entriesOf(path).flatMap(({ name, isSymlink }) => {
    const part = join(path, name);
    // The link may lead back to this folder.
    if (isSymlink && closed.some((one) => isWithin(one, realPath(part)))) return [];
    return partsOf(part, { kind, closed });
  });
}

/** Adds each link below `folder` through which something closed, or another such link, can be reached. */
export function withLinksInto(folder: string, closed: readonly string[]): string[] {
  const all = [...closed];
  const links = linksBelow(folder, closed);
  const find = () =>
    links.findIndex(({ target }) => all.some((one) => isWithin(one, target) || isWithin(target, one)));
  for (let found = find(); found >= 0; found = find()) {
    all.push(...links.splice(found, 1).map(({ place }) => place));
  }
  return all;
}

interface Link {
  /** Where the link itself is. */
  readonly place: string;
  readonly target: string;
}

function linksBelow(folder: string, closed: readonly string[]): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  const ways = [folder];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const real = realPath(way);
    // What lies above or below something closed outside the folder is closed already, and may be the whole disk.
    const isOutside = !isWithin(real, folder) && closed.some((one) => isWithin(one, real));
    if (seen.has(real) || isOutside || closed.some((one) => isWithin(real, one))) continue;
    seen.add(real);
    for (const { name, isSymlink, isDirectory } of entriesOf(way)) {
      const path = join(way, name);
      if (isSymlink) links.push({ place: join(real, name), target: realPath(path) });
      if (isSymlink || isDirectory) ways.push(path);
    }
  }
  return links;
}

/** Where the file or the link itself is. */
function placeOf(path: string): string {
  return join(realPath(dirname(path)), basename(path));
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}
