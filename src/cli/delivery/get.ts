import type { Command } from "commander";
import { callHub, type HubPlace } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printJson, printLine, printObject, printRows, wantsJson } from "../hub/print.ts";

export function addGet(deliveries: Command): void {
  hubCommand(deliveries, "get <ID>", "shows a delivery and its attempts").action(onHub(get));
}

type Attempt = Record<string, unknown>;
type Delivery = Record<string, unknown> & { attempts: Attempt[] };

async function get(hub: HubPlace, id: string, options: HubFlags): Promise<void> {
  const { delivery } = await callHub<{ delivery: Delivery | null }>(hub, document, { id });
  if (!delivery)
    throw new HubError(`There is no delivery ${JSON.stringify(id)} (deliveries list).`);
  if (wantsJson(options)) return printJson(delivery);
  const { attempts, ...head } = delivery;
  await printObject(options, head);
  if (attempts.length === 0) return;
  await printLine("");
  await printRows(options, attempts, [
    ["ATTEMPT", ({ number }) => number],
    ["STARTED", ({ startedAt }) => startedAt],
    ["OUTCOME", ({ outcome }) => outcome],
    ["STATUS", ({ statusCode }) => statusCode],
    ["MS", ({ elapsedMs }) => elapsedMs],
    ["ADDRESS", ({ remoteAddress }) => remoteAddress],
    ["ERROR OR ANSWER", ({ error, responseBody }) => error ?? responseBody],
  ]);
}

const document = `query ($id: ID!) {
  delivery(id: $id) {
    id status attemptCount maxAttempts nextAttemptAt completedAt createdAt lastError
    event { id type } hook { id name url } replayOf { id } requestBody
    attempts {
      number startedAt elapsedMs outcome statusCode error remoteAddress requestHeaders responseHeaders
      responseBody responseTruncated
    }
  }
}`;
