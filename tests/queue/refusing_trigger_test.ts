/** A trigger on PostgreSQL that was made by hand refuses one job, in whatever way. */
import assert from "node:assert/strict";
import { openStore, StorageError } from "@persistent-queue/queue";
import { RejectedWrite } from "../../queue/errors.ts";
import { toQueueError } from "../../queue/postgres/faults.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const REFUSALS = [
  "RAISE EXCEPTION 'no'",
  "RAISE EXCEPTION 'no' USING ERRCODE = '45000'",
  "RAISE EXCEPTION 'no' USING ERRCODE = 'no_data_found'",
  "RAISE EXCEPTION 'no' USING ERRCODE = 'insufficient_privilege'",
  "ASSERT false, 'no'",
  "PERFORM 1 FROM missing_table",
];

Deno.test({
  name: "a trigger made by hand that refuses one job stops no other, whatever error it raises",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    await Promise.all(REFUSALS.map(async (refusal, n) => {
      const store = await openStore(server.url(`q${n}`), "owner");
      try {
        await store.insert([newJob("refused"), newJob("a")]);
        await server.sql(`SET search_path = q${n};
          CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${refusal}; RETURN NEW; END $$;
          CREATE TRIGGER veto BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.id = 'refused') EXECUTE FUNCTION veto()`);
        const { claimed } = await store.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
        assert.deepEqual(claimed.map(({ id }) => id), ["a"], refusal);
      } finally {
        await store.close();
      }
    }));
  },
});

/** Where a server was, in some of its languages. */
const IN_VETO = [
  "PL/pgSQL function veto() line 1 at RAISE",
  "PL/pgSQL-Funktion veto() Zeile 1 bei RAISE",
  "fonction PL/pgSQL veto(), ligne 1 à RAISE",
  "функция PL/pgSQL veto(), строка 1, оператор RAISE",
  "PL/pgSQL関数veto()の1行目 - RAISE",
  "在RAISE的第1行的PL/pgSQL函数veto()",
  'PL/Python function "veto"',
  'SQL statement "SELECT count_jobs()"\nPL/pgSQL function veto() line 1 at PERFORM',
];
const IN_OUR_OWN = "PL/pgSQL function q.count_jobs() line 9 at SQL statement";

function told(code: string, where: string): Error {
  const error = Object.assign(new Error("no"), { code, where });
  return toQueueError(error, { place: "db", hasAnswered: true, isWithoutTls: false });
}

Deno.test("an error in a function made by hand is told from one of the storage, whatever the language of the server", () => {
  for (const where of IN_VETO) {
    assert.ok(told("42P01", where) instanceof RejectedWrite, where);
    for (const code of ["40P01", "53200", "55P03", "57014", "57P01", "25006", "XX001"]) {
      assert.ok(told(code, where) instanceof StorageError, code);
    }
  }
  assert.ok(told("42P01", IN_OUR_OWN) instanceof StorageError);
});
