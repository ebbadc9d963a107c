import type { Tx } from "../connection/client.ts";
import type { Fragment } from "../page/page.ts";
import type { FeedItem } from "./changes.ts";

/** The channel of every "look again"; its payload is empty, or names the process that says so. */
export const WAKE_CHANNEL = "signalbox";

/**
 * Appends to a project's feed what a query finds: its columns are kind, id, event_id, hook_id, created and state. The
 * project's head is locked to the end of the transaction.
 */
export const record = (tx: Tx, projectId: string, found: Fragment) => tx`
  select signalbox.publish(${projectId}, (
    select coalesce(json_agg(json_build_object('kind', kind, 'id', id, 'eventId', event_id, 'hookId', hook_id,
      'created', created, 'state', state)), '[]')
    from (${found}) as x(kind, id, event_id, hook_id, created, state)))`;

/** The same of what is known. */
export const publish = (tx: Tx, projectId: string, items: FeedItem[]) => tx`
  select signalbox.publish(${projectId}, ${JSON.stringify(items)}::text::json)`;

/**
 * Locks a project's head to the end of the transaction, refuses (isStaleConfig) what was planned under another version of
 * its configuration, and wakes the listeners at the commit. Changes of hooks do so before they move waiting deliveries,
 * so that neither they nor an emit can miss the other's.
 */
export const enterFeed = (tx: Tx, projectId: string, version: number | null = null) => tx`
  select signalbox.enter_feed(${projectId}, ${version})`;

/** The same as the database refuses it (SB001), for a call whose plan is known to be outdated before it is written. */
export class StaleConfig extends Error {
  override name = "StaleConfig" as const;
  readonly code = "SB001";
}

/** Whether a write was refused because a project's configuration has changed since it was planned: plan it again. */
export const isStaleConfig = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "SB001";

/**
 * The end of a transaction that changes what a project's feed shows: `before`, then `under` the lock of its head. All are
 * sent at once and run in this order. Queries of postgres.js start when they are awaited: nothing here may be awaited
 * before. `version`: of the configuration it was planned under.
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
