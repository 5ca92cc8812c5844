/** A process on PostgreSQL that another one takes for dead, although it lives and claims jobs. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import type { Store } from "../../queue/store.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { holding, waitingForLock } from "../support/servers/postgres_locks.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const LOCK = 42;
const FOR_ONE = { consumerId: "c", limit: 1, suspect: false };
const ONE = [FOR_ONE];

const ignore = BACKEND === "redis" || whyNoPostgres() !== null;

Deno.test({
  name: "a claim that is under way when its process is taken for dead leaves no job without an owner",
  ignore,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    await using claimer = await Member.join(server.url(), "claimer");
    await using other = await Member.join(server.url(), "other");
    await other.store.insert([newJob("before"), newJob("meanwhile")]);
    await server.sql(`SET search_path = persistent_queue;
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$ BEGIN
        PERFORM pg_advisory_xact_lock(${LOCK}); RETURN NEW;
      END $$;
      CREATE TRIGGER wait BEFORE UPDATE ON jobs FOR EACH ROW WHEN (NEW.lease <> OLD.lease AND NEW.id = 'meanwhile')
        EXECUTE FUNCTION wait()`);
    const { id } = claimer;
    assert.deepEqual(await heldBy(id, other.store), []);
    const { claimed: before } = await claimer.store.claim(ONE);
    await using lock = await holding(server, `SELECT pg_advisory_xact_lock(${LOCK})`);
    const claiming = claimer.store.claim(ONE);
    await eventually("it claims", async () => await waitingForLock(server) === 1);
    await other.store.leave(id);
    assert.equal(await claimer.store.beat(), false, "it learns that it was taken for dead");
    const joining = claimer.rejoin();
    await eventually(
      "it has a row again",
      async () => (await other.store.processes({ silentForMs: 60_000 })).length === 2,
    );
    await lock.release();
    const { claimed: meanwhile } = await claiming;
    await joining;
    assert.deepEqual(await heldBy(null, other.store), []);
    assert.deepEqual(await heldBy(claimer.id, other.store), ["before", "meanwhile"]);
    assert.deepEqual(await claimer.store.renew([...before, ...meanwhile]), [true, true]);
  },
});

Deno.test({
  name: "a job that was locked when its process joined again is adopted with one of its next beats",
  ignore,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    await using claimer = await Member.join(server.url(), "claimer");
    await using other = await Member.join(server.url(), "other");
    await other.store.insert([newJob("locked"), newJob("beside")]);
    const { claimed } = await claimer.store.claim([{ ...FOR_ONE, limit: 2 }]);
    await other.store.leave(claimer.id);
    await using lock = await holding(
      server,
      "SELECT 1 FROM persistent_queue.jobs WHERE id = 'locked' FOR UPDATE",
    );
    await claimer.rejoin();
    assert.deepEqual(await heldBy(null, other.store), ["locked"]);
    assert.deepEqual(await heldBy(claimer.id, other.store), ["beside"]);
    await lock.release();
    assert.equal(await claimer.store.beat(), true);
    assert.deepEqual(await heldBy(null, other.store), []);
    assert.deepEqual(await claimer.store.renew(claimed), [true, true]);
  },
});

async function heldBy(process: string | null, store: Store): Promise<string[]> {
  return (await store.orphans({ process, limit: 9 })).map(({ id }) => id);
}

class Member implements AsyncDisposable {
  id = "";

  constructor(readonly store: Store, readonly host: string) {}

  static async join(url: string, host: string): Promise<Member> {
    const member = new Member(await openStore(url, "owner"), host);
    await member.rejoin();
    return member;
  }

  async rejoin(): Promise<void> {
    this.id = crypto.randomUUID();
    await this.store.join({ id: this.id, host: this.host, pid: 1, version: "" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.store.close();
  }
}
