/** A folder of handlers that a test writes, as a team has one: `HANDLERS_DIR`. */
import { type TempFolder, tempFolder } from "../temp_folder.ts";

/** The text of each module by its kind. */
export async function handlerFolder(handlers: Readonly<Record<string, string>>): Promise<TempFolder> {
  const folder = await tempFolder();
  for (const [kind, text] of Object.entries(handlers)) {
    await Deno.writeTextFile(folder.file(`${kind}.ts`), text);
  }
  return folder;
}
