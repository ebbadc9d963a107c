import type { ResultOf } from "gql.tada";
import type { ActionRow } from "../action/actionRow.ts";
import type { Changed } from "../live/activityDocument.ts";
import type { FeedDocument } from "./feedDocument.ts";
import type { FeedEvent } from "./feedEvent.ts";

type FeedNode = ResultOf<typeof FeedDocument>["events"]["nodes"][number];
export type FeedDelivery = FeedNode["deliveries"]["nodes"][number];

/** An event with its buttons and the states of its deliveries; immutable. */
export type FeedRow = {
  event: FeedEvent;
  actions: readonly ActionRow[];
  deliveries: readonly FeedDelivery[];
  hasMore: boolean;
};

/** The rows of a feed, newest first. Ids are ordered by time. */
export class FeedRows {
  readonly #rows = new Map<string, FeedRow>();
  #order: string[] = [];

  get size(): number {
    return this.#order.length;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  oldest(): string | undefined {
    return this.#order.at(-1);
  }

  list(): FeedRow[] {
    return this.#order.flatMap((id) => this.#rows.get(id) ?? []);
  }

  /** Adds or replaces a row from the server. */
  put(node: FeedNode): void {
    const { deliveries, actions, ...event } = node;
    // The server sorts newest first; rows keep creation order.
    const dots = deliveries.nodes.toReversed();
    this.#set({ event, actions, deliveries: dots, hasMore: deliveries.pageInfo.hasNextPage });
  }

  /** Updates an event and keeps its buttons and deliveries. */
  putEvent(event: FeedEvent): void {
    const known = this.#rows.get(event.id);
    const { actions = [], deliveries = [], hasMore = false } = known ?? {};
    this.#set({ event, actions, deliveries, hasMore });
  }

  /** Updates an action. New ones arrive in button order. */
  putAction(changed: Changed & { __typename: "Action" }): void {
    const row = this.#rows.get(changed.event.id);
    if (!row) return;
    const isKnown = row.actions.some(({ id }) => id === changed.id);
    const actions = isKnown
      ? row.actions.map((it) => (it.id === changed.id ? changed : it))
      : [...row.actions, changed];
    this.#set({ ...row, actions });
  }

  /** Updates a delivery; returns whether its event is in the rows. */
  putDelivery(changed: Changed & { __typename: "Delivery" }): boolean {
    const row = this.#rows.get(changed.event.id);
    if (!row) return false;
    const { id, deliveryStatus: status, hook } = changed;
    const isKnown = row.deliveries.some((it) => it.id === id);
    const deliveries = isKnown
      ? row.deliveries.map((it) => (it.id === id ? { id, status, hook } : it))
      : [...row.deliveries, { id, status, hook }];
    this.#set({ ...row, deliveries });
    return true;
  }

  remove(id: string): void {
    if (this.#rows.delete(id)) this.#order = this.#order.filter((it) => it !== id);
  }

  /** Drops the oldest rows; returns whether there were any. */
  trim(most: number): boolean {
    const dropped = this.#order.splice(most);
    for (const id of dropped) this.#rows.delete(id);
    return dropped.length > 0;
  }

  #set(row: FeedRow): void {
    const { id } = row.event;
    if (!this.#rows.has(id)) {
      // Most rows are inserted at one of the ends.
      const last = this.#order.at(-1);
      const at =
        last !== undefined && id < last
          ? this.#order.length
          : this.#order.findIndex((it) => it < id);
      this.#order.splice(at < 0 ? this.#order.length : at, 0, id);
    }
    this.#rows.set(id, row);
  }
}
