/**
 * The life of a replay: RUNNING ⟶ DONE, or CANCELLED on the way. The deliveries that match at the start are stored as a
 * list, in chunks of one hook. A worker continues it one chunk at a time (continueReplay.ts). A backfill (backfill.ts) is a
 * replay whose list holds events.
 */

import type { Pool, Sql } from "../../db/connection/client.ts";
import { isTimeout } from "../../db/connection/outage.ts";
import type { DeliveryStatus } from "../../db/delivery/deliveries.ts";
import type { Narrowing } from "../../db/delivery/narrowing.ts";
import { writeToFeed } from "../../db/feed/record.ts";
import { addJobs } from "../../db/queue/jobs.ts";
import {
  countMatching,
  insertReplay,
  lockedReplay,
  type ReplayFilter,
  type ReplayRow,
  recordReplay,
  replayJob,
  replaysById,
  stopReplay,
} from "../../db/replay/replays.ts";
import { isId, newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { withheld } from "../audit/difference.ts";
import {
  CHUNK,
  checkNarrowing,
  checkWindow,
  deliveriesToReplay,
  hookToReplay,
  MAX_MATCHED,
} from "./replayScope.ts";

/** The caller's filter; an absent field does not restrict it. */
export type ReplayInput = Narrowing & {
  /** These alone, also without `since`. */
  deliveryIds?: string[] | null | undefined;
  hookId?: string | null | undefined;
  hookIds?: string[] | null | undefined;
  type?: string | null | undefined;
  status?: DeliveryStatus[] | null | undefined;
  since?: Date | null | undefined;
  until?: Date | null | undefined;
  /** Takes deliveries along that wait for their next attempt: they are tried at once. */
  hastens?: boolean;
};

/** The final states of a delivery. */
const ENDED: DeliveryStatus[] = ["SUCCEEDED", "FAILED", "GONE", "CANCELLED", "QUARANTINED"];
const MAX_STATUSES = 20;

async function filterOf(sql: Sql, projectId: string, input: ReplayInput): Promise<ReplayFilter> {
  const { hookId = null, hookIds, deliveryIds = null, since = null, until = null } = input;
  const narrowing = checkNarrowing(input);
  if (since === null && deliveryIds === null)
    throw userError("INVALID", "field 'since' is required unless 'deliveryIds' is given", [
      "since",
    ]);
  const status = input.status ?? ENDED;
  if (status.length > MAX_STATUSES)
    throw userError(
      "INVALID",
      `field 'status' must have a maximum of ${MAX_STATUSES} items, got ${status.length}`,
      ["status"],
    );
  const open = status.findIndex((one) => !ENDED.includes(one));
  if (open !== -1)
    throw userError(
      "INVALID",
      `a delivery that is ${status[open]} has not ended and cannot be replayed; choose among ${ENDED.join(", ")}`,
      ["status", open],
    );
  checkWindow(since, until);
  if (hookId !== null) await hookToReplay(sql, projectId, hookId);
  for (const [index, id] of (hookIds ?? []).entries())
    await hookToReplay(sql, projectId, id, ["hookIds", index]);
  if (deliveryIds !== null) await deliveriesToReplay(sql, projectId, deliveryIds);
  // What someone has chosen by hand is tried now, whatever it waits for.
  const waiting: DeliveryStatus[] =
    deliveryIds !== null && !input.status
      ? ["RETRYING", "PARKED"]
      : input.hastens
        ? ["RETRYING"]
        : [];
  const both = hookIds?.filter((id) => hookId === null || id === hookId);
  return {
    deliveryIds,
    hookIds: both ?? (hookId === null ? null : [hookId]),
    ...narrowing,
    status: [...status, ...waiting],
    since,
    until,
  };
}

const checkCount = (matched: number) => {
  if (matched > MAX_MATCHED)
    throw userError(
      "LIMIT_REACHED",
      `${matched} deliveries match, a replay takes at most ${MAX_MATCHED}; choose a narrower window`,
      ["since"],
    );
};

/** A filter that no index has may take longer than a statement may. */
const tooLong = (error: unknown): never => {
  if (!isTimeout(error)) throw error;
  throw userError(
    "LIMIT_REACHED",
    "it takes too long to find what matches; choose a narrower window",
    ["since"],
  );
};

/** The number of deliveries that a replay would send again. Throws as `replayDeliveries` does. */
export async function countReplay(
  sql: Sql,
  projectId: string,
  input: ReplayInput,
): Promise<number> {
  return countMatching(sql, projectId, await filterOf(sql, projectId, input));
}

/**
 * Starts a replay of ended deliveries, and of waiting ones if asked to: exactly those that match now. Throws INVALID, NOT_FOUND and NOT_ALLOWED_NOW
 * (an unknown delivery, an unknown or deleted hook), or LIMIT_REACHED.
 */
export async function replayDeliveries(
  sql: Pool,
  projectId: string,
  input: ReplayInput,
): Promise<ReplayRow> {
  const filter = await filterOf(sql, projectId, input);
  return sql.begin(async (tx) => {
    const inserted = insertReplay(tx, { projectId, id: newId() }, filter, CHUNK);
    const [replay] = await inserted.catch(tooLong);
    if (!replay) throw new Error("a replay was not inserted");
    checkCount(replay.matched);
    await audit(tx, {
      projectId,
      action: "replayDeliveries",
      entity: ["Replay", replay.id],
      after: { ...filter, search: withheld(filter.search), matched: replay.matched },
    });
    const jobs = replay.status === "RUNNING" ? [addJobs(tx, [replayJob(replay)])] : [];
    await writeToFeed(tx, projectId, jobs, [recordReplay(tx, replay, true)]);
    return replay;
  });
}

/**
 * Stops a replay; the deliveries it has already reopened and made continue. Throws NOT_FOUND, or NOT_ALLOWED_NOW when
 * it has ended.
 */
export async function cancelReplay(sql: Pool, projectId: string, id: string): Promise<ReplayRow> {
  if (!isId(id)) throw userError("NOT_FOUND", `no replay ${id}`, ["id"]);
  return sql.begin(async (tx) => {
    const [replay] = await lockedReplay(tx, projectId, id);
    if (!replay) throw userError("NOT_FOUND", `no replay ${id}`, ["id"]);
    if (replay.status !== "RUNNING")
      throw userError("NOT_ALLOWED_NOW", `replay ${id} is ${replay.status} already`, ["id"]);
    await audit(tx, {
      projectId,
      action: "cancelReplay",
      entity: ["Replay", replay.id],
      before: { status: replay.status },
      after: { status: "CANCELLED" },
    });
    const found = replaysById(tx, projectId, [id]);
    await writeToFeed(tx, projectId, [stopReplay(tx, replay)], [recordReplay(tx, replay), found]);
    const [row] = await found;
    if (!row) throw new Error(`replay ${id} is gone`);
    return row;
  });
}
