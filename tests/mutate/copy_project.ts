/** The code and its tests, without generated files: enough for `deno test` elsewhere. */
const PARTS = ["deno.json", "deno.lock", "main.ts", "queue", "workers", "ui", "tests"];
const ROOT = new URL("../../", import.meta.url);

export function copyProject(to: string): void {
  for (const part of PARTS) copy(new URL(part, ROOT).pathname, `${to}/${part}`);
}

function copy(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) return Deno.copyFileSync(from, to);
  Deno.mkdirSync(to);
  for (const { name } of Deno.readDirSync(from)) copy(`${from}/${name}`, `${to}/${name}`);
}
