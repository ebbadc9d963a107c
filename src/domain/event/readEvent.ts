import { textFormat } from "../../jsonSchema/formats.ts";
import { jsonEntries, jsonObject, jsonText } from "../../util/json/exactJson.ts";
import { isObject } from "../../util/json/isObject.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import type { SchemaChecks } from "../eventType/schemaChecks.ts";
import { checkType } from "../eventType/typeCheck.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import { eventLimits } from "./eventInput.ts";

/** A parsed flat event: its own fields, and all others as `data`. */
export type FlatEvent = {
  type: string;
  typeVersion: number;
  data: Record<string, unknown>;
  occurredAt: Date;
  stepUuid: string | null;
};

/** An error of one of the event's own fields; the path begins with the argument's name. */
const fieldError = (field: string, sentence: string): UserErrorDetail => ({
  code: "INVALID",
  message: `field '${field}' ${sentence}`,
  path: ["json", field],
});

/**
 * Reads one event in its flat form, `{"type", "created_on", "step_uuid"?, …data's fields}`, and checks it against its
 * type, which must be registered. Fields unknown to the type stay in `data`. Throws UserError with goflow's wording,
 * one entry per field: INVALID, UNKNOWN_TYPE or DATA_INVALID.
 */
export async function readEvent(
  config: ProjectConfig,
  schemas: SchemaChecks,
  json: unknown,
): Promise<FlatEvent> {
  if (!isObject(json)) throw userError("INVALID", "field 'json' must be an object", ["json"]);
  const { type, created_on: createdOn, step_uuid: stepUuid } = json;
  const data = jsonObject(jsonEntries(json).filter(([name]) => !own.has(name)));
  if (type === undefined || type === null || type === "") {
    throw new UserError([fieldError("type", "is required")]);
  }
  if (typeof type !== "string") throw new UserError([fieldError("type", "must be a string")]);
  const registered = config.types.get(type);
  if (!registered) throw userError("UNKNOWN_TYPE", `unknown type: '${type}'`, ["json", "type"]);

  checkSize(data);

  const entries: UserErrorDetail[] = [];
  const occurredAt = parseTime(createdOn);
  if (typeof occurredAt === "string") entries.push(fieldError("created_on", occurredAt));
  const step = stepOf(stepUuid);
  if (step === undefined) entries.push(fieldError("step_uuid", "must be a valid UUID4"));
  const { rejection } = await checkType(config, schemas, type, data);
  for (const { code, message, path } of rejection?.entries ?? []) {
    entries.push({ code, message, path: ["json", ...path.slice(1)] });
  }
  if (entries.length > 0 || typeof occurredAt === "string" || step === undefined) {
    throw new UserError(entries);
  }
  return { type, typeVersion: registered.version, data, occurredAt, stepUuid: step };
}

/** The event's own fields. */
const own = new Set(["type", "created_on", "step_uuid"]);

/** The same limit as for emitted data. */
function checkSize(data: object): void {
  const bytes = Buffer.byteLength(jsonText(data));
  if (bytes <= eventLimits.dataBytes) return;
  const message = `the event's data may take ${eventLimits.dataBytes} bytes (256 KiB) as JSON at most, this takes ${bytes}`;
  throw userError("INVALID", message, ["json"]);
}

/** The parsed time, or what is wrong with it. Times may have nanoseconds, which are truncated to milliseconds. */
function parseTime(value: unknown): Date | string {
  if (value === undefined || value === null || value === "") return "is required";
  if (typeof value === "string" && textFormat("date-time")?.test(value)) {
    const moment = new Date(value);
    const inRange = moment >= new Date("1000-01-01T00:00:00Z");
    if (inRange && moment < new Date("+010000-01-01T00:00:00Z")) return moment;
  }
  return "must be a valid RFC 3339 date-time";
}

/** The step's UUID; null when absent or "", which goflow also writes for "none"; undefined when it is not a UUID4. */
function stepOf(value: unknown): string | null | undefined {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" && textFormat("uuid4")?.test(value) ? value : undefined;
}
