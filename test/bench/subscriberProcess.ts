import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

/**
 * The subscribers of the bench, a process of its own. Told whom to follow, it says when all subscriptions have begun;
 * told how many items to expect, it gives back how many milliseconds old each was.
 */
type Order =
  | { url: string; keys: string[]; count: number; perContext: number; perSocket: number }
  | { expect: number };

const SOCKETS_PER_KEY = 100;
const query = `subscription ($contextId: String!) {
  eventEmitted(contextId: $contextId) { cursor event { data } } }`;
type Item = { eventEmitted: { event: { data: { sentAt: string } } } };

let lags: number[] = [];
let expected = Number.POSITIVE_INFINITY;

function take(sentAt: string): void {
  lags.push(Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6);
  if (lags.length === expected) process.send?.(lags);
}

async function follow(order: Extract<Order, { url: string }>) {
  const { url, keys, count, perContext, perSocket } = order;
  for (let from = 0; from < count; from += perSocket) {
    const key = keys[Math.floor(from / perSocket / SOCKETS_PER_KEY)];
    const client = createClient({
      url: `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
    });
    for (let index = from; index < Math.min(count, from + perSocket); index++) {
      const variables = { contextId: `context ${Math.floor(index / perContext)}` };
      client.subscribe<Item>(
        { query, variables },
        {
          next: ({ data }) => data && take(data.eventEmitted.event.data.sentAt),
          error: (error) => {
            throw error;
          },
          complete: () => {},
        },
      );
    }
  }
  await untilFollowed(url, count);
  process.send?.("subscribed");
}

async function untilFollowed(url: string, count: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (Number(/^signalbox_subscribers (\d+)/m.exec(text)?.[1]) >= count) return;
    await pause(100);
  }
}

process.on("message", (order: Order) => {
  if ("url" in order) return void follow(order);
  lags = [];
  expected = order.expect;
});
process.on("disconnect", () => process.exit());
