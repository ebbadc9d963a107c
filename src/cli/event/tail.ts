import type { Command } from "commander";
import {
  DELIVERY_FIELDS,
  type Delivery,
  EVENT_FIELDS,
  type EventOf,
} from "../../client/eventTypes.ts";
import { typesAccept } from "../../domain/hook/hookMatch.ts";
import { jsonEntries, jsonText } from "../../util/json/exactJson.ts";
import type { HubPlace } from "../hub/callHub.ts";
import { feedEnd, live, untilStopped } from "../hub/live.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printLine, wantsJson } from "../hub/print.ts";
import { printable } from "../printable.ts";

export function addTail(program: Command): void {
  hubCommand(
    program,
    "tail [TYPE...]",
    "follows events as they come, a line each; a TYPE is exact, a prefix such as order.*, or *",
  )
    .option("--deliveries", "follow every change of deliveries instead")
    .option("--after <CURSOR>", "begin after this cursor of an earlier line (--json)")
    .action(onHub(tail));
}

type Options = HubFlags & { deliveries?: boolean; after?: string };
type EventItem = { cursor: string; event: EventOf<Record<string, unknown>> };
type DeliveryItem = { cursor: string; delivery: Delivery };

async function tail(hub: HubPlace, types: string[], options: Options): Promise<void> {
  const stopped = untilStopped();
  const after = options.after ?? (await feedEnd(hub));
  const isJson = wantsJson(options);
  const print = (item: object, line: string) =>
    printLine(isJson ? jsonText(item) : cut(printable(line)));
  if (options.deliveries) {
    const items = live<DeliveryItem>(hub, deliveryUpdated, after, stopped);
    for await (const item of items)
      if (takes(types, item.delivery.event.type)) await print(item, deliveryLine(item.delivery));
    return;
  }
  const variables = types.length > 0 ? { types } : {};
  const items = live<EventItem>(hub, { query: eventEmitted, variables }, after, stopped);
  for await (const item of items) await print(item, eventLine(item.event));
}

const takes = (types: string[], type: string) =>
  types.length === 0 || typesAccept(types, { type, origin: "API" });

const clock = (time: string) => time.slice(11, 23);

function eventLine(event: EventItem["event"]): string {
  const { receivedAt, type, id, userId } = event;
  // As it was sent, also where it is a number alone.
  const [, data = null] = jsonEntries(event).find(([name]) => name === "data") ?? [];
  return [clock(receivedAt), id, type, userId, jsonText(data)]
    .filter((part) => part !== null)
    .join("  ");
}

function deliveryLine(delivery: Delivery): string {
  const { id, status, attemptCount, maxAttempts, event, hook, attempts, lastError } = delivery;
  const [last] = attempts.slice(-1);
  const answer = last && `${last.statusCode ?? last.outcome} in ${last.elapsedMs} ms`;
  const target = hook ? (hook.name ?? hook.url) : "workflow step";
  return [id, status, `${attemptCount}/${maxAttempts}`, event.type, target, answer, lastError]
    .filter((part) => part != null)
    .join("  ");
}

/** A line of a terminal; --json has all. */
function cut(line: string): string {
  const { columns = 80 } = process.stdout;
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, columns - 1).join("")}…`;
}

const eventEmitted = `subscription ($after: String, $types: [String!]) {
  item: eventEmitted(after: $after, types: $types) { cursor event { ${EVENT_FIELDS} } }
}`;
const deliveryUpdated = {
  query: `subscription ($after: String) {
    item: deliveryUpdated(after: $after) { cursor delivery { ${DELIVERY_FIELDS} } }
  }`,
  variables: {},
};
