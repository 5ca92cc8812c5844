/** What `--help` shows. */
import { EXIT } from "@persistent-queue/queue";
import { columns } from "./columns.ts";
import type { Command } from "./command.ts";
import { COMMON_OPTIONS } from "./command_line.ts";

const PROGRAM = "deno task jobs";

export function helpOfAll(commands: Readonly<Record<string, Command>>): string {
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    "",
    columns(Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary])),
    "",
    `More about one: ${PROGRAM} <command> --help. Every command answers in JSON with --json.`,
    `Exit codes: ${EXIT.done} done, ${EXIT.failed} refused, ${EXIT.usage} wrong usage, ${EXIT.storage} the storage does not work.`,
  ].join("\n");
}

export function helpOf(name: string, { words, summary, options, examples }: Command): string {
  const all = Object.entries({ ...options, ...COMMON_OPTIONS });
  return [
    `${usageOf(name, words)}`,
    `  ${summary}`,
    "",
    columns(
      all.map((
        [option, { value, help }],
      ) => [`  --${option}${value === undefined ? "" : ` ${value}`}`, help]),
    ),
    "",
    "Examples:",
    ...examples.map((example) => `  ${PROGRAM} ${example}`),
  ].join("\n");
}

export function usageOf(name: string, words: string): string {
  return `Usage: ${[PROGRAM, name, words, "[options]"].filter((part) => part !== "").join(" ")}`;
}
