import type { Command } from "commander";
import { callHub, checked, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";

export function addRetry(deliveries: Command): void {
  hubCommand(
    deliveries,
    "retry <ID...>",
    "makes deliveries due now: ended ones are opened again, succeeded ones sent anew",
  ).action(onHub(retry));
}

type Delivery = { id: string; status: string; nextAttemptAt: string | null };

async function retry(hub: HubPlace, ids: string[], options: HubFlags): Promise<void> {
  const retried: Delivery[] = [];
  try {
    for (const id of ids) {
      const { retryDelivery } = await callHub<{
        retryDelivery: { delivery: Delivery; userErrors: UserErrorDetail[] };
      }>(hub, document, { id });
      retried.push(checked(retryDelivery).delivery);
    }
  } finally {
    // Also those before one that was refused.
    if (retried.length > 0)
      await printRows(options, retried, [
        ["ID", ({ id }) => id],
        ["STATUS", ({ status }) => status],
        ["DUE", ({ nextAttemptAt }) => nextAttemptAt],
      ]);
  }
}

const document = `mutation ($id: ID!) {
  retryDelivery(id: $id) {
    delivery { id status attemptCount maxAttempts nextAttemptAt replayOf { id } } userErrors { code message path }
  }
}`;
