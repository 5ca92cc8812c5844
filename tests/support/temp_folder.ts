/** A folder that is removed when its block ends: `await using folder = await tempFolder()`. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
}

/** `dir`: where it is created; by default the machine's folder for temporary files. */
export async function tempFolder({ dir }: { readonly dir?: string } = {}): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "persistent-queue-", ...(dir === undefined ? {} : { dir }) });
  return {
    path,
    file: (name) => `${path}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
