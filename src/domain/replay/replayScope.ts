import { z } from "zod";
import type { Sql } from "../../db/connection/client.ts";
import { deliveriesById } from "../../db/delivery/deliveries.ts";
import type { Narrowing } from "../../db/delivery/narrowing.ts";
import { type HookRow, hooksById } from "../../db/hook/hooks.ts";
import { stripNul } from "../../db/page/stripNul.ts";
import { isId } from "../../util/ids.ts";
import { invalidFields, userError } from "../../util/userError.ts";
import { eventLimits } from "../event/eventInput.ts";
import { singleLineText } from "../input/singleLineText.ts";

/** The most that one replay or backfill may match. */
export const MAX_MATCHED = 1_000_000;
/** Deliveries reopened or made in one transaction at most. Live events of the project wait for its end. */
export const CHUNK = 25;

/** Throws INVALID for a span of time that holds nothing. */
export function checkWindow(since: Date | null, until: Date | null): void {
  if (since && until && until <= since)
    throw userError("INVALID", "field 'until' must be later than 'since'", ["until"]);
}

const MOST_ITEMS = 100;
const MOST_DELIVERIES = 1_000;
const most = (items: number) => `must have a maximum of ${items} items`;
/** Looked for in each row: any text, as the lists of deliveries and events take it. What no JSON can hold is replaced. */
const sought = z
  .string()
  .max(200, "must have at most 200 characters")
  .transform((text) => stripNul(text).toWellFormed());
const statusCode = z
  .int("must be a whole number")
  .min(100, "must be at least 100")
  .max(599, "must be at most 599");

const narrowing = z.object({
  deliveryIds: z.array(z.string()).max(MOST_DELIVERIES, most(MOST_DELIVERIES)).nullish(),
  hookIds: z.array(z.string()).max(MOST_ITEMS, most(MOST_ITEMS)).nullish(),
  type: singleLineText(eventLimits.name).nullish(),
  types: z.array(singleLineText(eventLimits.name)).max(MOST_ITEMS, most(MOST_ITEMS)).nullish(),
  userId: singleLineText(eventLimits.short).nullish(),
  statusCodes: z.array(statusCode).max(MOST_ITEMS, most(MOST_ITEMS)).nullish(),
  error: sought.nullish(),
  search: sought.nullish(),
});

/** What a replay is narrowed down by. Throws INVALID. */
export function checkNarrowing(input: z.input<typeof narrowing>): Narrowing {
  const { data, error: wrong } = narrowing.safeParse(input);
  if (wrong) throw invalidFields(wrong.issues);
  const { type, types, ...rest } = data;
  if (type != null && types != null)
    throw userError("INVALID", "field 'type' is 'types' with one item: give one of them", ["type"]);
  return { types: type == null ? types : [type], ...rest };
}

/** The deliveries to replay. Throws NOT_FOUND for the first of these that the project does not have. */
export async function deliveriesToReplay(
  sql: Sql,
  projectId: string,
  deliveryIds: readonly string[],
): Promise<void> {
  const found = await deliveriesById(sql, projectId, deliveryIds.filter(isId));
  const known = new Set(found.map(({ id }) => id));
  const unknown = deliveryIds.findIndex((id) => !known.has(id.toLowerCase()));
  if (unknown !== -1)
    throw userError("NOT_FOUND", `no delivery ${deliveryIds[unknown]}`, ["deliveryIds", unknown]);
}

/** The hook to replay. Throws NOT_FOUND, or NOT_ALLOWED_NOW when it is deleted. */
export async function hookToReplay(
  sql: Sql,
  projectId: string,
  hookId: string,
  path: (string | number)[] = ["hookId"],
): Promise<HookRow> {
  const [hook] = isId(hookId) ? await hooksById(sql, projectId, [hookId]) : [];
  if (!hook) throw userError("NOT_FOUND", `no hook ${hookId}`, path);
  if (hook.status === "DELETED")
    throw userError("NOT_ALLOWED_NOW", `hook ${hookId} is deleted`, path);
  return hook;
}
