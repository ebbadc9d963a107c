import { isStaleConfig } from "../db/changes.ts";
import type { Pool } from "../db/client.ts";
import { inTransaction, lanesOf, writeEvents } from "../db/emits.ts";
import { type EventRow, eventsById } from "../db/events.ts";
import { deliverJobs, type JobSpec, type Lane } from "../db/jobs.ts";
import { configVersions } from "../db/projects.ts";
import { advanceJobs } from "../db/workflowRuns.ts";
import { faultOfACall, isTimeout } from "./emitFault.ts";
import type { PlannedEvent } from "./event.ts";
import { type KeyedCall, refuseNew, resolveKeys } from "./idempotency.ts";
import type { ProjectConfig } from "./projectConfig.ts";
import { planMatched } from "./systemEvent.ts";
import type { TenantPrograms } from "./tenantPrograms.ts";

/** An event that was accepted, now or (a duplicate) when its idempotency key was first used. */
export type Emitted = { event: EventRow; isDuplicate: boolean };

/** A call whose events are planned under this configuration. */
export type PlannedCall = KeyedCall & { config: ProjectConfig };

export type Outcome = PromiseSettledResult<Emitted[]>;
export const failed = (reason: unknown): Outcome => ({ status: "rejected", reason });

const deliveryCount = (calls: PlannedCall[]) =>
  calls.reduce(
    (sum, { planned }) => planned.reduce((all, { deliveries }) => all + deliveries.length, sum),
    0,
  );

/** The wake-ups of events that are matched later; those that are scheduled are found when they are due. */
export function dispatchJobs(planned: PlannedEvent[]): JobSpec[] {
  const staged = Map.groupBy(
    planned.filter(({ event }) => event.status === "STAGED").map(({ event }) => event),
    ({ projectId }) => projectId,
  );
  return [...staged].map(([projectId, events]) => ({
    identifier: "dispatch",
    payload: { projectId, eventIds: events.map(({ id }) => id) },
  }));
}

/** Writes planned calls of whatever projects in one transaction; each has an outcome of its own. */
export function createEmitWriter(
  sql: Pool,
  programs: TenantPrograms,
  {
    onAccepted,
    deliversHere,
  }: {
    deliversHere: boolean;
    onAccepted: (accepted: { lanes: Lane[]; events: number }) => void;
  },
): (calls: PlannedCall[]) => Promise<Outcome[]> {
  async function writeTogether(calls: PlannedCall[]): Promise<Outcome[]> {
    const { duplicateOf, rows, deliveries } = await inTransaction(sql, async (tx) => {
      const duplicateOf = await resolveKeys(tx, calls);
      for (const call of calls) refuseNew(call, (claim) => duplicateOf.has(claim.eventId));
      const fresh = calls
        .flatMap(({ planned }) => planned)
        .filter(({ event }) => !duplicateOf.has(event.id));
      const runs = fresh.flatMap(({ runs }) => runs);
      const said = calls
        .flatMap(({ planned, config }) => planned.map(({ event }) => ({ event, config })))
        .filter(({ event }) => !duplicateOf.has(event.id))
        .flatMap(({ event, config }) => planMatched(config, programs, event));
      const deliveries = [...fresh, ...said].flatMap(({ deliveries }) => deliveries);
      if (fresh.length === 0) return { duplicateOf, rows: [], deliveries };
      const events = [...fresh, ...said].map(({ event }) => event);
      const versions = new Map(calls.map(({ config }) => [config.projectId, config.version]));
      const wakeUps = deliversHere ? [] : deliverJobs(lanesOf(deliveries));
      const advances = advanceJobs(runs.map(({ projectId, id }) => ({ projectId, runId: id })));
      const jobs = [...wakeUps, ...dispatchJobs(fresh), ...advances];
      const actions = fresh.flatMap(({ actions }) => actions);
      const rows = await writeEvents(tx, events, { deliveries, runs }, jobs, versions, { actions });
      return { duplicateOf, rows, deliveries };
    });
    const accepted = rows.filter(({ origin }) => origin !== "SYSTEM");
    onAccepted({ lanes: lanesOf(deliveries), events: accepted.length });
    const written = new Map(rows.map((row) => [row.id, row]));
    return Promise.allSettled(calls.map((call) => answer(call, duplicateOf, written)));
  }

  async function answer(
    { planned }: PlannedCall,
    duplicateOf: Map<string, string>,
    written: Map<string, EventRow>,
  ) {
    const projectId = planned[0]?.event.projectId ?? "";
    const earlier = planned
      .flatMap(({ event }) => duplicateOf.get(event.id) ?? [])
      .filter((id) => !written.has(id));
    const found = earlier.length > 0 ? await eventsById(sql, projectId, earlier) : [];
    const before = new Map(found.map((row) => [row.id, row]));
    return planned.map(({ event }): Emitted => {
      const original = duplicateOf.get(event.id);
      const id = original ?? event.id;
      const row = written.get(id) ?? before.get(id);
      if (!row) throw new Error(`event ${original ?? event.id} is gone`);
      return { event: row, isDuplicate: original !== undefined };
    });
  }

  /**
   * One commit for all calls. Those at fault are found by halving, and those of a project whose configuration moved by
   * asking, so that they never take the others with them.
   */
  async function write(calls: PlannedCall[]): Promise<Outcome[]> {
    if (calls.length === 0) return [];
    try {
      return await writeTogether(calls);
    } catch (reason) {
      if (isStaleConfig(reason)) return writeWithoutStale(calls, reason);
      if (isTimeout(reason)) return writeByProject(calls, reason);
      if (calls.length === 1 || !faultOfACall(reason)) {
        return calls.map(() => failed(reason));
      }
      const half = calls.length >> 1;
      return [...(await write(calls.slice(0, half))), ...(await write(calls.slice(half)))];
    }
  }

  /** The calls of each project by themselves, those that ask for little first. */
  async function writeByProject(calls: PlannedCall[], reason: unknown): Promise<Outcome[]> {
    const groups = [...Map.groupBy(calls, ({ config }) => config.projectId).values()];
    const outcomes = new Map<PlannedCall, Outcome>();
    for (const group of groups.sort((a, b) => deliveryCount(a) - deliveryCount(b))) {
      const written = groups.length > 1 ? await write(group) : [];
      for (const [index, call] of group.entries())
        outcomes.set(call, written[index] ?? failed(reason));
    }
    return calls.map((call) => outcomes.get(call) ?? failed(reason));
  }

  async function writeWithoutStale(calls: PlannedCall[], reason: unknown): Promise<Outcome[]> {
    const versions = await configVersions(sql, [
      ...new Set(calls.map(({ config }) => config.projectId)),
    ]);
    const current = new Map(versions.map(({ id, version }) => [id, version]));
    const isFresh = ({ config }: PlannedCall) => current.get(config.projectId) === config.version;
    const fresh = calls.filter(isFresh);
    // All are fresh: the configuration has moved back and forth, or moves on.
    const written = fresh.length < calls.length ? await write(fresh) : [];
    return calls.map((call) => (isFresh(call) && written.shift()) || failed(reason));
  }

  return write;
}
