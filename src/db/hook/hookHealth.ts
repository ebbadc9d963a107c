import type { Sql, Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";
import { addJobs, deliverJobs } from "../queue/jobs.ts";

/** The health of a hook, judged by its attempts (`signalbox.judge_hook`). */
export type HookHealth = "HEALTHY" | "FAILING" | "OPEN" | "DISABLED";

/** The types of the system events about it. */
export const healthTypes = [
  "hook.failing",
  "hook.opened",
  "hook.disabled",
  "hook.recovered",
] as const;

/** A change of a hook's health, or something to tell about it. */
export type HealthChange = {
  hookId: string;
  name: string | null;
  url: string;
  was: HookHealth;
  health: HookHealth;
  since: string;
  /** Failed attempts in a row, and the end of the first of them. */
  failures: number;
  failingSince: string | null;
  /** It has come half (50) or most (90 %) of its way to DISABLED. */
  warned: 50 | 90 | null;
  /** It has come all of that way, and is to be disabled. */
  isDue: boolean;
  /** Whether the last failed attempt may be told about: it was not one of a system event. */
  isReported: boolean;
  /** It succeeds again after a system event said that it fails. */
  hasRecovered: boolean;
};

/** When a hook with the counters `s` may be sent to, unless at once: it is OPEN, or its target asked for a pause. */
export const heldUntil = (sql: Sql): Fragment =>
  sql`greatest(case when s.health = 'OPEN' then s.probe_at end, s.held_until)`;

/** Makes hooks DISABLED. The caller has locked the project's head. */
export const disableHealth = async (tx: Tx, projectId: string, hookIds: string[]) => {
  await tx`
  update signalbox.hook_stats set health = 'DISABLED', health_since = statement_timestamp(), probe_at = null,
    probe_token = null, probes = 0, held_until = null
  where project_id = ${projectId} and hook_id = any(${hookIds}::uuid[])`;
  await tx`
  update signalbox.heads set held_until = (
    select max(case when s.health = 'OPEN' then 'infinity' else s.held_until end) from signalbox.hook_stats s
    where s.project_id = ${projectId})
  where project_id = ${projectId}`;
};

/**
 * Makes a hook HEALTHY that a person has enabled. Its first success still tells that it has recovered. The caller has
 * locked the project's head.
 */
export const resetHealth = (tx: Tx, { projectId, id }: { projectId: string; id: string }) => tx`
  update signalbox.hook_stats set health = 'HEALTHY', health_since = statement_timestamp(), failures = 0,
    failing_since = null, warned = 0
  where project_id = ${projectId} and hook_id = ${id}`;

/**
 * Lets a hook be tried at once that is OPEN or held: a person has changed its target, resumes it, or retries one of its
 * deliveries. The caller has locked the head.
 */
export const probeNow = (tx: Tx, { projectId, id }: { projectId: string; id: string }) => tx`
  update signalbox.hook_stats set held_until = null, probes = 0, probe_at = statement_timestamp()
  where project_id = ${projectId} and hook_id = ${id} and probe_token is null
    and (health = 'OPEN' or held_until > statement_timestamp())`;

/** As `probeNow`, and wakes whoever sends. Returns whether the hook was OPEN or held. */
export async function wakeHeld(tx: Tx, hook: { projectId: string; id: string }): Promise<boolean> {
  const { count } = await probeNow(tx, hook);
  if (count > 0) await addJobs(tx, deliverJobs([{ projectId: hook.projectId, hookId: hook.id }]));
  return count > 0;
}

/** Makes the next probe of hooks due whose last one ended without a result, such as with its process. */
export const releaseProbes = (
  sql: Sql,
  { projectId, hookIds, tokens }: { projectId: string; hookIds: string[]; tokens: string[] },
) => sql`
  update signalbox.hook_stats set probe_at = statement_timestamp(), probe_token = null
  where project_id = ${projectId} and hook_id = any(${hookIds}::uuid[]) and probe_token = any(${tokens}::uuid[])`;

/** Whether the attempts of an active hook have failed for as long as its `disableAfter` says. */
export async function isWornOut(tx: Tx, projectId: string, hookId: string): Promise<boolean> {
  const [row] = await tx<{ isWornOut: boolean }[]>`
    select s.failures >= h.disable_after_failures
      and s.failing_since <= statement_timestamp() - h.disable_after_hours * interval '1 hour' as "isWornOut"
    from signalbox.hooks h join signalbox.hook_stats s on s.project_id = h.project_id and s.hook_id = h.id
    where h.project_id = ${projectId} and h.id = ${hookId} and h.status = 'ACTIVE'`;
  return row?.isWornOut ?? false;
}
