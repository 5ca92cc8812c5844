/**
 * A process that opens the database at `path`, upgrades it, and kills itself instead of taking the given step, counted
 * from 0: `child.ts <path> <step>`. Steps are the statements from the first transaction on, one by one, and one more
 * after the last. If there are fewer steps, it prints their number and ends.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@persistent-queue/queue";
import { statementsIn } from "./old_database.ts";

const [path = "", step = ""] = Deno.args;
let taken = 0;
let hasBegun = false;

function take(): void {
  if (hasBegun && taken++ === Number(step)) Deno.kill(Deno.pid, "SIGKILL");
}

const { exec, prepare } = DatabaseSync.prototype;

/** A migration is one text, of which SQLite would take all steps at once. */
DatabaseSync.prototype.exec = function (sql) {
  for (const statement of statementsIn(sql)) {
    take();
    exec.call(this, statement);
  }
};

/** A statement that begins or ends a transaction runs as soon as it is prepared. */
DatabaseSync.prototype.prepare = function (sql, ...options) {
  hasBegun ||= sql === "BEGIN IMMEDIATE";
  if (/^(BEGIN IMMEDIATE|COMMIT)$/.test(sql)) take();
  return prepare.call(this, sql, ...options);
};

await (await openStore(`sqlite:${path}`, "owner")).close();
console.log(taken);
