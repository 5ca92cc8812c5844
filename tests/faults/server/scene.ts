/** The scene of a try: a server, and what happens to it while the system works. */
import { eventually } from "../../support/eventually.ts";
import type { Random } from "../../support/random.ts";
import type { Relay } from "../../support/servers/relay.ts";

/** Recovery included. */
const REVIVED_MS = 20_000;

/** Part of every URL; no message may show it. */
export const PASSWORD = "hidden-word";

/** What the tests' servers have in common. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** The URL of the queue with this name. */
  url(name: string): string;
  crash(whileDown?: () => Promise<void>): Promise<void>;
  restart(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends it for ever, as a crash does. */
  end(): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  pause(): () => void;
}

/** What a misfortune has to work with. */
export interface Place {
  /** The relay between the system and its server. */
  readonly relay: Relay;
  readonly random: Random;
  /** The ids of the jobs whose adding was acknowledged. */
  acknowledged(): string[];
}

export interface Scene extends AsyncDisposable {
  /** The port of the server that the system uses at first. */
  readonly port: number;
  url(name: string): string;
  /** What the system must report meanwhile; null: it may be over too soon. */
  readonly says: RegExp | null;
  /** How many characters each id is padded with, so that the jobs need room. */
  readonly ballast?: number;
  /** Returns ids of acknowledged jobs that may be missing now: what the server itself does not promise to keep. */
  strike(place: Place): Promise<readonly string[]>;
}

/** Misfortunes by name, on a server that other tries use too. */
export type Misfortunes<S extends Server> = Readonly<Record<string, (shared: S) => Promise<Scene>>>;
/** Misfortunes on a server of their own, because it is not the same afterwards. */
export type OwnMisfortunes = Readonly<Record<string, () => Promise<Scene>>>;

interface Stroke extends Pick<Scene, "says"> {
  /** Like that of a scene, but nothing is missing afterwards. */
  strike(place: Place): Promise<void>;
}

/** On the server that all tries share, which is unchanged afterwards. */
export function onShared<S extends Server>(stroke: (server: S) => Stroke): Misfortunes<S>[string] {
  return (server) => {
    const { says, strike } = stroke(server);
    return Promise.resolve({
      ...{ port: server.port, url: (name: string) => server.url(name), says },
      strike: (place: Place) => strike(place).then(() => []),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  };
}

/** Restarts the server when it ends, as a service manager does, until it works. */
export async function revive(server: Server, works: () => Promise<unknown>): Promise<void> {
  let hasEnded = false;
  const watch = () => void server.ended.then(() => hasEnded = true);
  watch();
  await eventually("the server works again", async () => {
    if (hasEnded) {
      hasEnded = false;
      await server.crash();
      watch();
    }
    return await works().then(() => true, () => false);
  }, { withinMs: REVIVED_MS });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
