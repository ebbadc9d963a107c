import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { changeEach } from "../hub/changeEach.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";

export function addRetry(deliveries: Command): void {
  hubCommand(
    deliveries,
    "retry <ID...>",
    "makes deliveries due now: ended ones are opened again, succeeded ones sent anew",
  ).action(onHub(retry));
}

const retry = (hub: HubPlace, ids: string[], options: HubFlags): Promise<void> =>
  changeEach(hub, document, ids, options, [
    ["ID", ({ id }) => id],
    ["STATUS", ({ status }) => status],
    ["DUE", ({ nextAttemptAt }) => nextAttemptAt],
  ]);

const document = `mutation ($id: ID!) {
  payload: retryDelivery(id: $id) {
    object: delivery { id status attemptCount maxAttempts nextAttemptAt replayOf { id } } userErrors { code message path }
  }
}`;
