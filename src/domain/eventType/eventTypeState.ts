import type { EventTypeRow } from "../../db/eventType/eventTypes.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { withheld } from "../audit/difference.ts";

/** An event type for the audit log: its example may be data of a person. */
export const eventTypeState = ({
  jsonSchema: _,
  schema,
  example,
  ...type
}: EventTypeRow): object => ({
  ...type,
  schema: schema === null ? null : parseJson(schema),
  example: withheld(example),
});
