import { setTimeout as delay } from "node:timers/promises";
import { type ActionRow, actionsById } from "../db/action/actions.ts";
import type { Sql } from "../db/connection/client.ts";
import { isOutage } from "../db/connection/outage.ts";
import { type DeliveryRow, deliveriesById } from "../db/delivery/deliveries.ts";
import { type ReplayRow, replaysById } from "../db/delivery/replays.ts";
import { type EventRow, eventsById } from "../db/event/events.ts";
import type { Change, ChangeKind } from "../db/feed/changes.ts";
import { type HookRow, hooksById } from "../db/hook/hooks.ts";
import type { Read } from "../db/read/readPools.ts";
import { ReadTimeout } from "../db/read/readTimeout.ts";
import { type ResourceRow, resourcesById } from "../db/resource/resources.ts";
import { type RunRow, runsById } from "../db/workflow/workflowRuns.ts";
import { Overloaded } from "../util/overloaded.ts";

/** What the entities of each kind are stored as. */
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

/** The entities behind changes, as they were at the change. */
export type Entities = {
  /** Tells which changes were read together, so that their rows are loaded together. */
  announce(page: Change[]): void;
  /** The entity of a change; undefined when retention has removed it meanwhile. */
  of<Kind extends ChangeKind>(change: Change & { kind: Kind }): Promise<Rows[Kind] | undefined>;
};

const MAX_TOGETHER = 100;
/** How long an item of a stream waits for a database that is away, before it is an error instead. */
const RETRY_MS = 250;
const MAX_RETRIES = 240;
/** How many loaded changes are kept, newest first: an event alone may hold 256 KiB. */
const KEPT = 400;

const date = (value: unknown): Date | null => (typeof value === "string" ? new Date(value) : null);

/** Lays the moving fields of a change over the row as it is now. */
function asOf(change: Change, row: Row): Row {
  const { state } = change;
  if (change.kind === "EVENT" && "scheduledFor" in row) {
    // Only a SCHEDULED event's can still move, and its changes say it.
    return { ...row, ...state, scheduledFor: date(state.scheduledFor) ?? row.scheduledFor };
  }
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
    // Its first attempt is due when it is made.
    nextAttemptAt:
      change.created && state.status === "PENDING" ? row.createdAt : date(state.nextAttemptAt),
    completedAt: date(state.completedAt),
    lastError: typeof state.lastError === "string" ? state.lastError : null,
  };
}

/** Reads again while the database is away, or too many of the project's reads wait: a stream item that failed could not be asked for again. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
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
 * Loads rows once per change and process, however many subscribers see it: the tail's changes are shared
 * objects. One that lags far behind the others loads its own.
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
      .slice(0, MAX_TOGETHER);
    const ids = [...new Set(together.map(({ entityId }) => entityId))];
    const rows = patiently(() =>
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
      if (loaded.size <= KEPT) break;
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
