/** A server and its replica, on which two more misfortunes are possible. */
import { type Place, type Scene, type Server, sleep } from "./scene.ts";

export interface Pair<S extends Server> {
  readonly primary: S;
  readonly replica: S;
  /** Resolves when the replica has all that was written until now. */
  catchUp(): Promise<void>;
  promote(): Promise<void>;
  /** Whether the primary acknowledges only what the replica has. */
  readonly isSynchronous: boolean;
}

const READ_ONLY = /takes no writes here/;
/** Long enough to be noticed. */
const LED_ASTRAY_MS = 1_200;

/** The primary dies. The way leads to the replica from then on, at first while it takes no writes. */
export async function failover<S extends Server>(make: () => Promise<Pair<S>>): Promise<Scene> {
  const pair = await make();
  return {
    ...ofPair(pair),
    says: /takes no writes here|cannot be reached/,
    strike: async ({ relay, random, acknowledged }) => {
      const safe = new Set(acknowledged());
      await pair.catchUp();
      await sleep(random.below(200));
      await pair.primary.crash(() => takeOver(pair, { relay, random }));
      return pair.isSynchronous ? [] : acknowledged().filter((id) => !safe.has(id));
    },
  };
}

async function takeOver<S extends Server>(
  { replica, promote }: Pair<S>,
  { relay, random }: Pick<Place, "relay" | "random">,
): Promise<void> {
  relay.leadTo(replica.port);
  await sleep(LED_ASTRAY_MS + random.below(400));
  await promote();
}

/**
 * The way leads to the replica for a while, as a name does that is looked up too early. Then it leads back, and a connection
 * that was made meanwhile stays where it is.
 */
export async function ledAstray<S extends Server>(make: () => Promise<Pair<S>>): Promise<Scene> {
  const pair = await make();
  return {
    ...ofPair(pair),
    says: READ_ONLY,
    strike: async ({ relay }) => {
      relay.leadTo(pair.replica.port);
      relay.endAll();
      await sleep(LED_ASTRAY_MS);
      relay.leadTo(pair.primary.port);
      return [];
    },
  };
}

function ofPair<S extends Server>({ primary, replica }: Pair<S>) {
  return {
    ...{ port: primary.port, url: (name: string) => primary.url(name) },
    [Symbol.asyncDispose]: async () => {
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}
