/** Where a try takes place: a server, and what happens to it while the system works. */
import type { Random } from "../../support/random.ts";
import type { Relay } from "../../support/servers/relay.ts";

/** In every URL: no message may show it. */
export const PASSWORD = "hidden-word";

/** What the tests' servers have in common. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Of a queue with this name. */
  url(name: string): string;
  crash(whileDown?: () => Promise<void>): Promise<void>;
  restart(whileDown?: () => Promise<void>): Promise<void>;
  /** For ever, as a crash does. */
  end(): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  pause(): () => void;
}

/** What a misfortune finds. */
export interface Place {
  /** The way of the system to its server. */
  readonly relay: Relay;
  readonly random: Random;
  /** The ids of the jobs whose adding was acknowledged. */
  acknowledged(): string[];
}

export interface Scene extends AsyncDisposable {
  /** Of the server that the system works with at first. */
  readonly port: number;
  url(name: string): string;
  /** What the system must say meanwhile; null: it may be over too soon. */
  readonly says: RegExp | null;
  /** The number of characters that each id is filled with, so that the jobs need room. */
  readonly ballast?: number;
  /** Returns ids of acknowledged jobs that may be missing now: what the server itself does not promise to keep. */
  strike(place: Place): Promise<readonly string[]>;
}

/** A misfortune by its name, on a server that other tries use too. */
export type Misfortunes<S extends Server> = Readonly<Record<string, (shared: S) => Promise<Scene>>>;
/** On one of its own, which is no longer what it was. */
export type OwnMisfortunes = Readonly<Record<string, () => Promise<Scene>>>;

interface Stroke extends Pick<Scene, "says"> {
  /** As of a scene; nothing is missing. */
  strike(place: Place): Promise<void>;
}

/** On the server that all tries share: it is afterwards what it was before. */
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

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
