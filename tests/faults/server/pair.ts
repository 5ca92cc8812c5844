/** A server and its replica, on which two more misfortunes are possible. */
import { type Scene, type Server, sleep } from "./scene.ts";

export interface Pair<S extends Server> {
  readonly primary: S;
  readonly replica: S;
  /** Resolves when the replica has everything written until now. */
  catchUp(): Promise<void>;
  promote(): Promise<void>;
  /** Whether the primary acknowledges only what the replica has. */
  readonly isSynchronous: boolean;
}

/** Long enough to be noticed. */
const LED_ASTRAY_MS = 1_200;

/**
 * The address leads to the replica for a while, like a name that is switched too early, and back: connections made
 * meanwhile stay on the replica. Then the primary dies, and the address leads to the replica, which takes no writes at
 * first.
 */
export async function failover<S extends Server>(make: () => Promise<Pair<S>>): Promise<Scene> {
  const { primary, replica, promote, catchUp, isSynchronous } = await make();
  return {
    ...{ port: primary.port, url: (name: string) => primary.url(name) },
    says: /takes no writes here/,
    strike: async ({ relay, random, acknowledged }) => {
      relay.leadTo(replica.port);
      relay.endAll();
      await sleep(LED_ASTRAY_MS);
      relay.leadTo(primary.port);
      await sleep(LED_ASTRAY_MS + random.below(400));
      const safe = new Set(acknowledged());
      await catchUp();
      await sleep(random.below(200));
      await primary.end();
      const isUnsure = (id: string) => !isSynchronous && !safe.has(id);
      const unsure = acknowledged().filter(isUnsure);
      relay.leadTo(replica.port);
      await sleep(LED_ASTRAY_MS / 2);
      await promote();
      return unsure;
    },
    [Symbol.asyncDispose]: async () => {
      await replica[Symbol.asyncDispose]();
      await primary[Symbol.asyncDispose]();
    },
  };
}
