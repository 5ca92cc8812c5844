import assert from "node:assert/strict";
import { SampleFiles } from "@persistent-queue/workers";
import { tempFolder } from "../support/temp_folder.ts";

Deno.test("a producer's file is removed with its job, and no other file is", async () => {
  await using folder = await tempFolder();
  const filesDir = folder.file("files");
  Deno.mkdirSync(filesDir);
  const made = "2026-11-28T10:00:00.000Z created by the producer\nand stamped\n";
  const name = () => `${crypto.randomUUID()}.txt`;
  const [produced, foreign, linked, stays] = [name(), name(), name(), name()];
  for (const file of [produced, linked, stays, "report.txt"]) {
    Deno.writeTextFileSync(`${filesDir}/${file}`, made);
  }
  Deno.writeTextFileSync(`${filesDir}/${foreign}`, "mine\n");
  Deno.linkSync(`${filesDir}/${linked}`, folder.file("second name"));
  const files = new SampleFiles({ filesDir, filesPrefix: "data/files" });
  const ids = [produced, foreign, linked, "report.txt", name(), `../files/${stays}`].map((one) =>
    `data/files/${one}`
  );
  files.remove([...ids, `elsewhere/${stays}`]);
  await files.done;
  const left = [...Deno.readDirSync(filesDir)].map((entry) => entry.name).sort();
  assert.deepEqual(left, [foreign, linked, stays, "report.txt"].sort());
});
