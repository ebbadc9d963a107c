import type { Pool, Sql, Tx } from "../db/connection/client.ts";
import { plans } from "../db/connection/sessionSettings.ts";
import type { Check, Scope } from "./check.ts";
import { deliveryChecks } from "./deliveries.ts";
import { eventChecks } from "./events.ts";
import { feedChecks } from "./feed.ts";
import { eventsByStatus, type LedgerLine, ledgerOf } from "./ledger.ts";
import { orphanChecks } from "./orphans.ts";

/** One inconsistency: the check that found it, the entity, and what is wrong. */
export type Difference = { check: string; projectId: string; id: string; says: string };

export type Verdict = {
  at: Date;
  ledger: LedgerLine[];
  /** Events by state. */
  events: Record<string, number>;
  differences: Difference[];
  /** Differences found but not listed: each check lists at most its first 1,000. */
  unlisted: number;
};

const MAX_LISTED = 1_000;

/** Retention removes changes and events of the same age one after the other. */
const MARGIN = "1 hour";

async function keptSince(sql: Sql): Promise<Date | null> {
  const [row] = await sql<{ since: Date | null }[]>`
    select max(coalesce((select f.at from signalbox.feed f
        where f.project_id = h.project_id and f.last > h.horizon order by f.last limit 1), now()))
      + ${MARGIN}::interval as since
    from signalbox.heads h where h.horizon > 0`;
  return row?.since ?? null;
}

async function runCheck(tx: Tx, { name, find }: Check, scope: Scope) {
  const rows = await tx<(Omit<Difference, "check"> & { total: number })[]>`
    select project_id as "projectId", id, says, (count(*) over ())::float8 as total
    from (${find(tx, scope)}) difference order by id limit ${MAX_LISTED}`;
  const found = rows.map(({ projectId, id, says }) => ({ check: name, projectId, id, says }));
  return { found, unlisted: (rows[0]?.total ?? 0) - rows.length };
}

/** Compares everything in one snapshot. PostgreSQL does the work; only sums and differences are returned. */
export async function compareAll(
  tx: Tx,
  filter: Pick<Scope, "projectId" | "since" | "until">,
): Promise<Verdict> {
  // Taken before the snapshot: no partition may be dropped while rows of one table are compared with another's.
  await tx`lock table signalbox.events, signalbox.ended_deliveries, signalbox.earlier_attempts, signalbox.feed in access share mode`;
  // On a large hub this may take minutes. Each query is planned for its own values, and whole tables are compared.
  await tx`select set_config('statement_timeout', '0', true), set_config('plan_cache_mode', 'auto', true),
    set_config('idle_in_transaction_session_timeout', '0', true), set_config('work_mem', '64MB', true)`;
  for (const name of Object.keys(plans.once)) await tx`select set_config(${name}, 'on', true)`;
  const scope: Scope = { ...filter, keptSince: await keptSince(tx) };
  const whole = filter.since === null && filter.until === null;
  const checks = [...deliveryChecks({ whole }), ...eventChecks, ...feedChecks, ...orphanChecks];
  const results = [];
  for (const check of checks) results.push(await runCheck(tx, check, scope));
  const [clock] = await tx<{ at: Date }[]>`select now() as at`;
  return {
    at: clock?.at ?? new Date(),
    ledger: await ledgerOf(tx, scope),
    events: await eventsByStatus(tx, scope),
    differences: results.flatMap(({ found }) => found),
    unlisted: results.reduce((sum, { unlisted }) => sum + unlisted, 0),
  };
}

/** Compares everything that the hub stores for consistency, in one read-only snapshot that blocks no writer. */
export const verify = (
  sql: Pool,
  filter: Pick<Scope, "projectId" | "since" | "until">,
): Promise<Verdict> =>
  sql.begin("isolation level repeatable read read only", (tx) =>
    compareAll(tx, filter),
  ) as Promise<Verdict>;
