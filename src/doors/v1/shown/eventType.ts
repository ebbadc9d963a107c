import { lastSeenPerType } from "../../../db/event/lastSeen.ts";
import type { EventTypeRow } from "../../../db/eventType/eventTypes.ts";
import { boundEvents } from "../../../db/resource/resourceTypes.ts";
import type { Context } from "../../../graphql/builder/context.ts";
import { rawJson } from "../../../util/json/rawJson.ts";

/** Event types as they are answered, with the names that they have in GraphQL. */
export async function showEventTypes({ caller, read }: Context, types: readonly EventTypeRow[]) {
  if (types.length === 0) return [];
  const names = types.map(({ name }) => name);
  const [bound, lastSeen] = await read((sql) =>
    Promise.all([
      boundEvents(sql, caller.projectId, names),
      lastSeenPerType(sql, caller.projectId, names),
    ]),
  );
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
    lastSeenAt: lastSeen.get(type.name) ?? null,
  }));
}

export const showEventType = async (context: Context, type: EventTypeRow) => {
  const [shown] = await showEventTypes(context, [type]);
  return shown;
};
