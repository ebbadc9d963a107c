import type { EventTypeRow } from "../../../db/eventType/eventTypes.ts";
import { boundEvents } from "../../../db/resource/resourceTypes.ts";
import type { Context } from "../../../graphql/builder/context.ts";
import { rawJson } from "../../../util/json/rawJson.ts";

/** Event types as they are answered, with the names that they have in GraphQL. */
export async function showEventTypes({ caller, read }: Context, types: readonly EventTypeRow[]) {
  const names = types.map(({ name }) => name);
  const bound =
    names.length === 0 ? [] : await read((sql) => boundEvents(sql, caller.projectId, names));
  const resourceTypes = new Map(bound.map(({ event, resourceType }) => [event, resourceType]));
  return types.map((type) => ({
    id: type.id,
    name: type.name,
    description: type.description,
    origin: type.origin,
    catalog: type.catalog,
    version: type.version,
    schema: rawJson(type.schema),
    jsonSchema: rawJson(type.jsonSchema),
    example: rawJson(type.example),
    resourceType: resourceTypes.get(type.name) ?? type.resourceType,
    archivedAt: type.archivedAt,
  }));
}

export const showEventType = async (context: Context, type: EventTypeRow) => {
  const [shown] = await showEventTypes(context, [type]);
  return shown;
};
