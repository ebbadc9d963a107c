import { callHub, checked, type HubPlace, type UserErrorDetail } from "./callHub.ts";
import { printRows } from "./print.ts";

type Changed = { id: string } & Record<string, unknown>;
type Payload = { object: Changed; userErrors: UserErrorDetail[] };

/**
 * Runs a mutation for each id, and prints what it changed: also those before one that was refused. `document` takes $id,
 * and answers the payload as `payload` and what was changed as its `object`.
 */
export async function changeEach(
  hub: HubPlace,
  document: string,
  ids: string[],
  options: { json?: boolean },
  table: Parameters<typeof printRows<Changed>>[2],
): Promise<void> {
  const changed: Changed[] = [];
  try {
    for (const id of ids) {
      const { payload } = await callHub<{ payload: Payload }>(hub, document, { id });
      changed.push(checked(payload).object);
    }
  } finally {
    if (changed.length > 0) await printRows(options, changed, table);
  }
}
