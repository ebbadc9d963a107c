import { attemptsOf } from "../../db/delivery/deliveries.ts";
import type { EventRow } from "../../db/event/events.ts";
import { listDeliveries } from "../../db/page/lists.ts";
import { rolesOfOperation } from "../../domain/project/roles.ts";
import type { Context } from "../../graphql/builder/context.ts";
import type { DoorResponse } from "../../http/door/door.ts";
import { jsonEntries, jsonText } from "../../util/json/exactJson.ts";
import { isObject } from "../../util/json/isObject.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { RawJson } from "../../util/json/rawJson.ts";
import { scanJson } from "../../util/json/scanJson.ts";

const MAX_DELIVERIES = 20;

/** The answers of an event's first deliveries, and the last error of one that failed. */
async function outcomeOf({ caller, read }: Context, eventId: string) {
  const { projectId } = caller;
  const request = { limit: MAX_DELIVERIES, backward: true, after: undefined, before: undefined };
  const { rows } = await read((sql) => listDeliveries(sql, projectId, { eventId }, request));
  const attempts = await read((sql) =>
    attemptsOf(
      sql,
      projectId,
      rows.map(({ id }) => id),
    ),
  );
  const answers = attempts
    .filter(({ outcome, responseTruncated }) => outcome === "SUCCESS" && !responseTruncated)
    .flatMap(({ responseBody }) => responseBody ?? []);
  return { answers, error: rows.find(({ status }) => status === "FAILED")?.lastError };
}

/** The JSON of an answer, or its member `response` as Space Cloud's webhooks give it; undefined if it is not JSON. */
function resultOf(text: string): RawJson | undefined {
  try {
    const value = parseJson(text, scanJson(text));
    const entry = isObject(value) && jsonEntries(value).find(([name]) => name === "response");
    return new RawJson(jsonText(entry ? entry[1] : value));
  } catch {
    return undefined;
  }
}

/**
 * What a synchronous caller is told of an event that it has waited for: 200 with the webhook's answer as `result`, 202
 * while it is not over, 502 when a webhook failed. Roles that may not read deliveries are not told what was answered.
 */
export async function webhookResult(
  context: Context,
  { id, status }: EventRow,
  told: object,
): Promise<DoorResponse> {
  if (status !== "PROCESSED" && status !== "FAILED") return { status: 202, body: told };
  const mayRead = rolesOfOperation("Query.deliveries").includes(context.caller.role);
  const { answers, error } = mayRead
    ? await outcomeOf(context, id)
    : { answers: [], error: undefined };
  if (status === "FAILED") {
    const why = error == null ? "" : `: ${error}`;
    return {
      status: 502,
      body: { ...told, error: `the event is stored, but a webhook failed${why}` },
    };
  }
  const result = answers.map(resultOf).find((one) => one !== undefined);
  return { status: 200, body: { ...told, ...(result && { result }) } };
}
