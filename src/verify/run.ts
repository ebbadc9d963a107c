import type { Pool, Sql, Tx } from "../db/connection/client.ts";
import type { Check, Scope } from "./check.ts";
import { deliveryChecks } from "./deliveries.ts";
import { eventChecks } from "./events.ts";
import { feedChecks } from "./feed.ts";
import { eventsByStatus, type LedgerLine, ledgerOf } from "./ledger.ts";
import { orphanChecks } from "./orphans.ts";

/** Something that is not as it must be: by which check, of what, and in which way. */
export type Difference = { check: string; projectId: string; id: string; says: string };

export type Verdict = {
  at: Date;
  ledger: LedgerLine[];
  /** Events by state. */
  events: Record<string, number>;
  differences: Difference[];
  /** How many more there are: of one question only the first 1,000 are listed. */
  unlisted: number;
};

const LISTED = 1_000;

/** Retention removes changes and events by one age, one after the other. */
const MARGIN = "1 hour";

async function keptSince(sql: Sql): Promise<Date | null> {
  const [row] = await sql<{ since: Date | null }[]>`
    select max(coalesce((select f.at from signalbox.feed f
        where f.project_id = h.project_id and f.last > h.horizon order by f.last limit 1), now()))
      + ${MARGIN}::interval as since
    from signalbox.heads h where h.horizon > 0`;
  return row?.since ?? null;
}

async function ask(tx: Tx, { name, find }: Check, scope: Scope) {
  const rows = await tx<(Omit<Difference, "check"> & { total: number })[]>`
    select project_id as "projectId", id, says, (count(*) over ())::float8 as total
    from (${find(tx, scope)}) difference order by id limit ${LISTED}`;
  const found = rows.map(({ projectId, id, says }) => ({ check: name, projectId, id, says }));
  return { found, unlisted: (rows[0]?.total ?? 0) - rows.length };
}

/** Compares everything that a transaction sees. PostgreSQL does the work; what comes here are sums and differences. */
export async function compareAll(
  tx: Tx,
  asked: Pick<Scope, "projectId" | "since" | "until">,
): Promise<Verdict> {
  // Before anything is seen: no partition may be dropped while rows of one table are compared with another's.
  await tx`lock table signalbox.events, signalbox.ended_deliveries, signalbox.earlier_attempts, signalbox.feed in access share mode`;
  // It may take minutes of a large hub, each plan for its own values, and whole tables are what it compares.
  await tx`select set_config('statement_timeout', '0', true), set_config('plan_cache_mode', 'auto', true),
    set_config('idle_in_transaction_session_timeout', '0', true), set_config('work_mem', '64MB', true),
    set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
    set_config('enable_mergejoin', 'on', true)`;
  const scope: Scope = { ...asked, keptSince: await keptSince(tx) };
  const whole = asked.since === null && asked.until === null;
  const checks = [...deliveryChecks({ whole }), ...eventChecks, ...feedChecks, ...orphanChecks];
  const answers = [];
  for (const check of checks) answers.push(await ask(tx, check, scope));
  const [clock] = await tx<{ at: Date }[]>`select now() as at`;
  return {
    at: clock?.at ?? new Date(),
    ledger: await ledgerOf(tx, scope),
    events: await eventsByStatus(tx, scope),
    differences: answers.flatMap(({ found }) => found),
    unlisted: answers.reduce((sum, { unlisted }) => sum + unlisted, 0),
  };
}

/** Compares everything the hub keeps with everything else it keeps: in one snapshot, writing and locking nothing. */
export const verify = (
  sql: Pool,
  asked: Pick<Scope, "projectId" | "since" | "until">,
): Promise<Verdict> =>
  sql.begin("isolation level repeatable read read only", (tx) =>
    compareAll(tx, asked),
  ) as Promise<Verdict>;
