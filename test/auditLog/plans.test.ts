import { afterAll, beforeAll, expect, test } from "vitest";
import { type AuditFilter, listAuditEntries } from "../../src/db/audit/auditEntries.ts";
import { MAX_SCANNED_ROWS } from "../../src/db/page/boundedScan.ts";
import type { PageRequest } from "../../src/db/page/page.ts";
import { freshDatabase } from "../fixtures/database.ts";

const projectId = "0b8e1f0c-3a53-7b6b-9a6f-2d6f4e1c7a55";
const hook = "0b8e1f0c-3a53-7b6b-9a6f-000000000007";
const request: PageRequest = { limit: 20, backward: false, after: undefined, before: undefined };

let made: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  made = await freshDatabase();
  // Two projects; the oldest entry is the only one of its actor and action. On a busy machine this takes longer than a
  // hub's statement may.
  await made.db.sql.begin(async (tx) => {
    await tx`set local statement_timeout to 0`;
    await tx`
    insert into signalbox.audit_entries (project_id, id, actor, action, entity_type, entity_id, request_id)
    select case when n % 2 = 0 then ${projectId}::uuid else gen_random_uuid() end,
      (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000000000000000')::uuid,
      case when n = 2 then 'Rare' else 'Usual' end, case when n = 2 then 'expungeUser' else 'pauseHook' end, 'Hook',
      ('0b8e1f0c-3a53-7b6b-9a6f-' || lpad(to_hex(n % 10), 12, '0'))::uuid, ''
    from generate_series(1, 40000) n`;
  });
  await made.db.sql`analyze signalbox.audit_entries`;
});
afterAll(() => made[Symbol.asyncDispose]());

/** They are scanned, and then counted for where the next page begins. */
const SCANNED = 2 * MAX_SCANNED_ROWS + 100;

/** Rows that this session has read so far; PostgreSQL counts some separately for a while. */
const readSoFar = `select seq_tup_read + coalesce(idx_tup_fetch, 0) as read
  from pg_stat_xact_user_tables where relid = 'signalbox.audit_entries'::regclass`;

test.each<[AuditFilter, number]>([
  [{}, 30],
  [{ action: "pauseHook" }, 30],
  [{ action: "expungeUser" }, 30],
  [{ actor: "Rare" }, 30],
  [{ actor: "nobody" }, 30],
  [{ entityId: hook.replace(/7$/, "8") }, 30],
  // The entries are a millisecond apart: a span has those of five minutes before it and after it, too.
  [{ since: new Date(1_699_999_000_000), until: new Date(1_699_999_500_000) }, 30],
  [{ since: new Date(1_700_000_030_000) }, 30],
  [{ actor: "nobody", since: new Date(1_700_000_030_000) }, 30],
  [{ until: new Date(1_700_000_000_500) }, SCANNED],
  [{ actor: "Rare", action: "pauseHook" }, SCANNED],
  [{ actor: "Rare", entityId: hook.replace(/7$/, "8") }, SCANNED],
])("a page of %o reads a bounded number of rows", async (filter, most) => {
  const read = await made.db.sql.begin("read only", async (tx) => {
    const soFar = async () => Number((await tx.unsafe<{ read: string }[]>(readSoFar))[0]?.read);
    const before = await soFar();
    await listAuditEntries(tx, projectId, filter, request);
    return (await soFar()) - before;
  });
  expect(read).toBeLessThanOrEqual(most);
});
