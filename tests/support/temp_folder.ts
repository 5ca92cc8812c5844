/** A folder that is gone when its block ends: `await using folder = await tempFolder()`. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
}

/** `dir`: where it is made; the machine's folder for such things unless given. */
export async function tempFolder({ dir }: { readonly dir?: string } = {}): Promise<TempFolder> {
  const path = await Deno.makeTempDir({ prefix: "persistent-queue-", ...(dir === undefined ? {} : { dir }) });
  return {
    path,
    file: (name) => `${path}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
