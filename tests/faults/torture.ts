/**
 * The fault plan, for hours: `deno task torture [--minutes N] [--seed S] [faults …]`.
 * Faults are given by their letters, all unless given. Each gets its long number of tries, or its share of
 * the minutes. A violation is printed at once, with the command that replays it. Exit code 1 if there was
 * one.
 */
import { parseArgs } from "node:util";
import { random } from "../support/random.ts";
import { textTable } from "../support/text_table.ts";
import { type Fault, suffer } from "./fault.ts";
import { FAULTS } from "./faults.ts";

interface Order {
  readonly faults: readonly Fault[];
  readonly minutes: number | null;
  readonly seed: number;
}

/** @throws {RangeError} with the correct usage */
function readOrder(args: string[]): Order {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { minutes: { type: "string" }, seed: { type: "string" } },
  });
  const letters = positionals.map((letter) => letter.toUpperCase());
  const faults = FAULTS.filter(({ letter }) => letters.length === 0 || letters.includes(letter));
  const unknown = letters.filter((letter) => !faults.some((fault) => fault.letter === letter));
  if (unknown.length > 0) {
    const known = FAULTS.map(({ letter, title }) => `  ${letter}  ${title}`).join("\n");
    throw new RangeError(`There is no fault ${unknown.join(", ")}. These are known:\n${known}`);
  }
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0)) throw new RangeError("--minutes is a number above 0.");
  const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError("--seed is a whole number from 0.");
  return { faults, minutes, seed };
}

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
      console.error(`  ${violation}\n  replay: deno task torture --seed ${seed} ${fault.letter}`);
    }
    isWhole &&= violations.length === 0;
    const seconds = Math.round((performance.now() - since) / 1000);
    lines.push([fault.letter, fault.title, String(tries), String(violations.length), `${seconds} s`]);
  }
  console.log(textTable(["", "fault", "tries", "violations", "time"], lines, { left: 2 }));
  console.log(`seed ${seed}`);
  return isWhole;
}

if (import.meta.main) {
  try {
    Deno.exit(await torture(readOrder(Deno.args)) ? 0 : 1);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
