/**
 * The fault plan, for hours: `deno task torture [--minutes N] [--seed S] [--backend postgres|redis] [faults …]`.
 * Faults are given by their letters, all unless given; on a server all that are not about SQLite itself. Each
 * gets its long number of tries, or its share of the minutes. A violation is printed at once, with the command
 * that replays it. Exit code 1 if there was one.
 */
import { parseArgs } from "node:util";
import { BACKEND, type Backend, readBackend, serverEnv } from "../support/backend.ts";
import { random } from "../support/random.ts";
import { startTestServer } from "../support/servers/test_server.ts";
import { textTable } from "../support/text_table.ts";
import { type Fault, isTried, suffer } from "./fault.ts";
import { FAULTS } from "./faults.ts";

interface Order {
  readonly faults: readonly Fault[];
  readonly minutes: number | null;
  readonly seed: number;
  readonly backend: Backend;
}

const KNOWN = FAULTS.filter(isTried);

/** @throws {RangeError} with the correct usage */
function readOrder(args: string[]): Order {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { minutes: { type: "string" }, seed: { type: "string" }, backend: { type: "string" } },
  });
  const letters = positionals.map((letter) => letter.toUpperCase());
  const faults = KNOWN.filter(({ letter }) => letters.length === 0 || letters.includes(letter));
  const unknown = letters.filter((letter) => !faults.some((fault) => fault.letter === letter));
  if (unknown.length > 0) {
    const known = KNOWN.map(({ letter, title }) => `  ${letter}  ${title}`).join("\n");
    throw new RangeError(`There is no fault ${unknown.join(", ")}. These are known:\n${known}`);
  }
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0)) throw new RangeError("--minutes is a number above 0.");
  const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("--seed is a whole number from 0.");
  return { faults, minutes, seed, backend: readBackend(values.backend ?? BACKEND) };
}

const ON_BACKEND = BACKEND === "sqlite" ? "" : `--backend ${BACKEND} `;

async function torture({ faults, minutes, seed }: Order): Promise<boolean> {
  const shareMs = minutes === null ? Infinity : minutes * 60_000 / faults.length;
  const lines: string[][] = [];
  let isWhole = true;
  for (const fault of faults) {
    console.error(`${fault.letter}: ${fault.title} …`);
    const since = performance.now();
    const { tries, violations } = await suffer(fault, {
      ...{ random: random(seed), tries: fault.tries.long, until: since + shareMs },
    });
    for (const violation of violations) {
      console.error(
        `  ${violation}\n  replay: deno task torture ${ON_BACKEND}--seed ${seed} ${fault.letter}`,
      );
    }
    isWhole &&= violations.length === 0;
    const seconds = Math.round((performance.now() - since) / 1000);
    lines.push([fault.letter, fault.title, String(tries), String(violations.length), `${seconds} s`]);
  }
  console.log(textTable(["", "fault", "tries", "violations", "time"], lines, { left: 2 }));
  console.log(`seed ${seed}`);
  return isWhole;
}

/** A process has one backend for life, so this one starts the server, and a second process tries the faults there. */
async function tortureOn(backend: Exclude<Backend, "sqlite">): Promise<number> {
  await using server = await startTestServer(backend);
  const args = ["run", "--no-check", "--no-prompt", "-A", import.meta.url, ...Deno.args];
  return (await new Deno.Command(Deno.execPath(), { args, env: serverEnv(backend, server) }).spawn().status)
    .code;
}

if (import.meta.main) {
  try {
    const order = readOrder(Deno.args);
    const { backend } = order;
    if (backend !== BACKEND && backend !== "sqlite") Deno.exit(await tortureOn(backend));
    Deno.exit(await torture(order) ? 0 : 1);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
