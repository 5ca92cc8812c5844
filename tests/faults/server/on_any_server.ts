/** What may happen to any kind of server, and to the connection to it. */
import { type Misfortunes, onShared, type Place, type Server, sleep } from "./scene.ts";

/** Longer than a stall, and than the system waits for an answer. */
const SILENT_MS = 5_000;
/** Long enough to be noticed. */
const SHORT_MS = 800;
const LOST_ANSWERS = 12;

const AWAY = /cannot be reached|is being stopped|is starting|has crashed/;

const aWhile = ({ random }: Place) => sleep(SHORT_MS + random.below(400));

interface Voice {
  /** What is reported about a server that receives but does not answer; null: it is not noticed this soon. */
  readonly ofSilence: RegExp | null;
}

export function onAnyServer<S extends Server>({ ofSilence }: Voice): Misfortunes<S> {
  return {
    killed: onShared((server) => ({
      says: AWAY,
      strike: (place) => server.crash(() => aWhile(place)),
    })),
    restarted: onShared((server) => ({
      says: AWAY,
      strike: (place) => server.restart(() => aWhile(place)),
    })),
    paused: onShared((server) => ({
      says: ofSilence,
      strike: async () => {
        const goOn = server.pause();
        await sleep(SILENT_MS);
        goOn();
      },
    })),
    "cut off": onShared(() => ({
      says: AWAY,
      strike: async (place) => {
        place.relay.cut();
        await aWhile(place);
        place.relay.mend();
      },
    })),
    "cut off for a moment": onShared(() => ({
      says: null,
      strike: ({ relay }) => {
        relay.cut();
        relay.mend();
        return Promise.resolve();
      },
    })),
    silent: onShared(() => ({
      says: ofSilence,
      strike: async ({ relay }) => {
        relay.swallow();
        await sleep(SILENT_MS);
        relay.mend();
      },
    })),
    // If the answer to a write is lost, its caller does not know whether it took effect.
    "cut off before it answers": onShared(() => ({
      says: null,
      strike: async ({ relay, random }) => {
        for (let n = 0; n < LOST_ANSWERS; n++) {
          await relay.loseAnswer(random.below(10));
        }
      },
    })),
  };
}
