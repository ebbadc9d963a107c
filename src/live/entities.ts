import { setTimeout as delay } from "node:timers/promises";
import { type ActionRow, actionsById } from "../db/action/actions.ts";
import type { Sql } from "../db/connection/client.ts";
import { isOutage } from "../db/connection/outage.ts";
import { type DeliveryRow, deliveriesById } from "../db/delivery/deliveries.ts";
import { type EventRow, eventsById } from "../db/event/events.ts";
import type { Change, ChangeKind } from "../db/feed/changes.ts";
import { type HookRow, hooksById } from "../db/hook/hooks.ts";
import type { Read } from "../db/read/readPools.ts";
import { ReadTimeout } from "../db/read/readTimeout.ts";
import { type ReplayRow, replaysById } from "../db/replay/replays.ts";
import { type ResourceRow, resourcesById } from "../db/resource/resources.ts";
import { type RunRow, runsById } from "../db/workflow/workflowRuns.ts";
import { Overloaded } from "../util/overloaded.ts";

/** The row type of each kind of entity. */
export type Rows = {
  EVENT: EventRow;
  DELIVERY: DeliveryRow;
  HOOK: HookRow;
  REPLAY: ReplayRow;
  RUN: RunRow;
  RESOURCE: ResourceRow;
  ACTION: ActionRow;
};
type Row = Rows[ChangeKind];

/** Loads the entities of changes, as they were at the change. */
export type Entities = {
  /** Registers changes that were read together, so that their rows are loaded together. */
  announce(page: Change[]): void;
  /** The entity of a change; undefined if retention has removed it. */
  of<Kind extends ChangeKind>(change: Change & { kind: Kind }): Promise<Rows[Kind] | undefined>;
};

const MAX_BATCH = 100;
/** 250 ms × 240: a stream item waits 60 s for an unavailable database before it fails. */
const RETRY_MS = 250;
const MAX_RETRIES = 240;
/** Loaded changes to keep, newest first. Few, because an event may hold 256 KiB. */
const MAX_LOADED = 400;

const date = (value: unknown): Date | null => (typeof value === "string" ? new Date(value) : null);

/** An event as it was at a change. */
export const eventAsOf = ({ state }: Change, row: EventRow): EventRow => ({
  ...{ ...row, ...state },
  // Only a SCHEDULED event's time can change, and its changes record it.
  scheduledFor: date(state.scheduledFor) ?? row.scheduledFor,
});

/** Overlays the current row with the fields that the change recorded. */
function asOf(change: Change, row: Row): Row {
  const { state } = change;
  if (change.kind === "EVENT" && "scheduledFor" in row) return eventAsOf(change, row);
  if (change.kind === "ACTION" && "expiresAt" in row) {
    return {
      ...row,
      status: state.status as ActionRow["status"],
      expiresAt: date(state.expiresAt) ?? row.expiresAt,
      completedAt: date(state.completedAt),
      lastError: typeof state.lastError === "string" ? state.lastError : null,
    };
  }
  if (change.kind !== "DELIVERY" || !("attemptCount" in row)) return { ...row, ...state };
  return {
    ...row,
    status: state.status as DeliveryRow["status"],
    attemptCount: Number(state.attemptCount),
    maxAttempts: Number(state.maxAttempts ?? row.maxAttempts),
    // The first attempt is due at creation.
    nextAttemptAt:
      change.created && state.status === "PENDING" && state.nextAttemptAt === undefined
        ? row.createdAt
        : date(state.nextAttemptAt),
    completedAt: date(state.completedAt),
    lastError: typeof state.lastError === "string" ? state.lastError : null,
  };
}

/**
 * Retries while the database is unavailable or the project's reads are overloaded, because a failed
 * stream item cannot be requested again.
 */
async function withRetries<T>(read: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await read();
    } catch (error) {
      const isBusy = error instanceof Overloaded || error instanceof ReadTimeout || isOutage(error);
      if (!isBusy || retries === MAX_RETRIES) throw error;
      await delay(RETRY_MS);
    }
  }
}

const loaders: {
  [Kind in ChangeKind]: (sql: Sql, projectId: string, ids: string[]) => Promise<Row[]>;
} = {
  EVENT: eventsById,
  DELIVERY: deliveriesById,
  HOOK: hooksById,
  REPLAY: replaysById,
  RUN: runsById,
  RESOURCE: resourcesById,
  ACTION: actionsById,
};

/**
 * Loads each change's row once per process, however many subscribers see it: they share the tail's
 * change objects. A subscriber that lags far behind loads its own.
 */
export function createEntities(read: Read): Entities {
  const pages = new WeakMap<Change, Change[]>();
  const loaded = new Map<Change, Promise<Row | undefined>>();

  function load(change: Change): Promise<Row | undefined> {
    const page = pages.get(change) ?? [change];
    const together = page
      .slice(page.indexOf(change))
      .filter(({ kind, projectId }) => kind === change.kind && projectId === change.projectId)
      .filter((other) => !loaded.has(other))
      .slice(0, MAX_BATCH);
    const ids = [...new Set(together.map(({ entityId }) => entityId))];
    const rows = withRetries(() =>
      read(change.projectId, (sql) => loaders[change.kind](sql, change.projectId, ids)),
    ).then((found) => new Map(found.map((row) => [row.id, row])));
    for (const other of together) {
      const row = rows.then((byId) => {
        const now = byId.get(other.entityId);
        return now && asOf(other, now);
      });
      row.catch(() => loaded.delete(other));
      loaded.set(other, row);
    }
    const found = loaded.get(change) ?? Promise.resolve(undefined);
    for (const oldest of loaded.keys()) {
      if (loaded.size <= MAX_LOADED) break;
      loaded.delete(oldest);
    }
    return found;
  }

  return {
    announce(page) {
      for (const change of page) pages.set(change, page);
    },
    of: (change) => (loaded.get(change) ?? load(change)) as Promise<never>,
  };
}
