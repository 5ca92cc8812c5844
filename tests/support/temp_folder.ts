/** A folder that is gone when its block ends: `await using folder = await tempFolder()`. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
}

export async function tempFolder(): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "persistent-queue-" });
  return {
    path,
    file: (name) => `${path}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
