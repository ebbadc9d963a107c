import type { Tx } from "../connection/client.ts";
import { errorCode } from "../connection/errorCode.ts";
import type { Fragment } from "../page/page.ts";
import type { FeedItem } from "./changes.ts";

/** The channel of wake-ups. The payload is empty, or the id of the sending process. */
export const WAKE_CHANNEL = "signalbox";

/**
 * Appends the result of a query to a project's feed. Its columns are kind, id, event_id, hook_id, created and state.
 * Locks the project's head until the end of the transaction.
 */
export const record = (tx: Tx, projectId: string, found: Fragment) => tx`
  select signalbox.publish(${projectId}, (
    select coalesce(json_agg(json_build_object('kind', kind, 'id', id, 'eventId', event_id, 'hookId', hook_id,
      'created', created, 'state', state)), '[]')
    from (${found}) as x(kind, id, event_id, hook_id, created, state)))`;

/** Appends given items to a project's feed. Locks its head, too. */
export const publish = (tx: Tx, projectId: string, items: FeedItem[]) => tx`
  select signalbox.publish(${projectId}, ${JSON.stringify(items)}::text::json)`;

/**
 * Locks a project's head until the end of the transaction, fails (isStaleConfig) if the work was planned under another
 * config version, and wakes the listeners at commit. Hook changes call it before they move waiting deliveries, so that
 * neither they nor an emit can miss the other.
 */
export const enterFeed = (tx: Tx, projectId: string, version: number | null = null) => tx`
  select signalbox.enter_feed(${projectId}, ${version})`;

/** Thrown with the database's own code (SB001) if a plan is known to be outdated before it is written. */
export class StaleConfig extends Error {
  override name = "StaleConfig" as const;
  readonly code = "SB001";
}

/** Whether a write failed because the project's configuration has changed since it was planned: plan again. */
export const isStaleConfig = (error: unknown): boolean => errorCode(error) === "SB001";

/**
 * Ends a transaction that writes to a project's feed: `before`, then `under` the lock of its head. All statements are
 * sent at once and run in this order. Queries of postgres.js start when they are awaited, so none may be awaited
 * earlier. `version`: the config version it was planned under.
 */
export async function writeToFeed(
  tx: Tx,
  projectId: string,
  before: PromiseLike<unknown>[],
  under: PromiseLike<unknown>[],
  version?: number,
): Promise<void> {
  await Promise.all([...before, enterFeed(tx, projectId, version ?? null), ...under]);
}
