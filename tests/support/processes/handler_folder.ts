/** A folder of handlers written by a test, as a team has with `HANDLERS_DIR`. */
import { type TempFolder, tempFolder } from "../temp_folder.ts";

/** The text of each module, by kind. */
export async function handlerFolder(handlers: Readonly<Record<string, string>>): Promise<TempFolder> {
  const folder = await tempFolder();
  for (const [kind, text] of Object.entries(handlers)) {
    await Deno.writeTextFile(folder.file(`${kind}.ts`), text);
  }
  return folder;
}
