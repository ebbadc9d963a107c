import type { Sql } from "../../db/connection/client.ts";
import type { EventOrigin } from "../../db/event/events.ts";
import { eventsById, hasEnded } from "../../db/event/events.ts";
import type { Shares } from "../../util/shares.ts";
import { UserError, userError } from "../../util/userError.ts";
import { type EventInput, eventLimits } from "../event/eventInput.ts";
import type { EmitCall, Emitter } from "./emitter.ts";
import type { Emitted } from "./emitWrite.ts";

const MAX_WAIT_MS = 15_000;

/** What a call that may wait needs of its request. */
type Waiting = {
  caller: { projectId: string };
  /** `waits` limits the calls that wait. */
  hub: { waits: Shares };
};

/** What an emit needs of its request. */
export type Emitting = Waiting & {
  hub: {
    emitter: Emitter;
    waitForEvents(projectId: string, ids: string[], ms: number, ended?: AbortSignal): Promise<void>;
  };
  read<Result>(work: (sql: Sql) => PromiseLike<Result>): Promise<Result>;
  /** Aborts when nobody waits any more. */
  ended?: AbortSignal | undefined;
  /** The trace of the request (src/util/traceContext.ts). */
  trace: string | null;
};

/** Returns the longest `waitMs` of a call's events. Throws INVALID if one is out of range. */
export function longestWait(
  waits: (number | null | undefined)[],
  pathOf: (index: number) => (string | number)[],
): number {
  for (const [index, wait] of waits.entries()) {
    if (wait != null && !(Number.isInteger(wait) && wait >= 0 && wait <= MAX_WAIT_MS)) {
      throw userError(
        "INVALID",
        `field 'waitMs' must be a whole number from 0 to ${MAX_WAIT_MS}`,
        pathOf(index),
      );
    }
  }
  return Math.max(0, ...waits.map((wait) => wait ?? 0));
}

/**
 * Runs a call that may wait. Throws Overloaded before the call starts if too many calls of the
 * project are waiting.
 */
export async function withWaitSlot<Result>(
  { hub, caller }: Waiting,
  waitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (waitMs === 0) return work();
  const release = hub.waits.take(caller.projectId);
  try {
    return await work();
  } finally {
    release();
  }
}

/** Waits for the events to end, when asked to, and gives them as they are then. */
async function waitForEnd(
  { caller, hub, read, ended }: Emitting,
  emitted: Emitted[],
  waitMs: number,
): Promise<Emitted[]> {
  const open = emitted.filter(({ event }) => !hasEnded(event.status));
  if (waitMs === 0 || open.length === 0) return emitted;
  const ids = open.map(({ event }) => event.id);
  await hub.waitForEvents(caller.projectId, ids, waitMs, ended);
  const now = new Map(
    (await read((sql) => eventsById(sql, caller.projectId, ids))).map((row) => [row.id, row]),
  );
  return emitted.map((one) => ({ ...one, event: now.get(one.event.id) ?? one.event }));
}

/**
 * Emits 1 to 1,000 events, all or none, and waits for their deliveries when asked to. `call` is
 * what the caller knows it by. Error paths begin with the event's index.
 */
export async function emitMany(
  request: Emitting,
  call: string,
  inputs: EventInput[],
  waitMs: number,
): Promise<Emitted[]> {
  if (inputs.length === 0 || inputs.length > eventLimits.batch) {
    throw userError(
      "INVALID",
      `${call} takes 1 to ${eventLimits.batch} events, got ${inputs.length}`,
    );
  }
  const { trace, caller } = request;
  const { projectId } = caller;
  return withWaitSlot(request, waitMs, async () => {
    const emitted = await request.hub.emitter.emit({ projectId, inputs, origin: "API", trace });
    return waitForEnd(request, emitted, waitMs);
  });
}

/** Throws an error of a call with one event again, without the event's index in its paths. */
export function withoutIndex(error: unknown): never {
  if (!(error instanceof UserError)) throw error;
  throw new UserError(error.entries.map((entry) => ({ ...entry, path: entry.path.slice(1) })));
}

/** Emits one event, for one hook alone if given. Error paths have no batch index. */
export const emitOne = (
  request: Emitting,
  input: EventInput,
  origin: Extract<EventOrigin, "API" | "MANUAL" | "TEST">,
  waitMs: number,
  { onlyHookId, audited }: Pick<EmitCall, "onlyHookId" | "audited"> = {},
): Promise<Emitted> =>
  withWaitSlot(request, waitMs, async () => {
    const { trace, caller } = request;
    const { projectId } = caller;
    const emitted = await request.hub.emitter
      .emit({
        ...{ projectId, inputs: [input], origin, trace, audited },
        ...(onlyHookId !== undefined && { onlyHookId }),
      })
      .catch(withoutIndex);
    const [one] = await waitForEnd(request, emitted, waitMs);
    if (!one) throw new Error("the emitter gave no event");
    return one;
  });
