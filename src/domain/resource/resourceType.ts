import { z } from "zod";
import type { Pool, Sql, Tx } from "../../db/connection/client.ts";
import { lockProject } from "../../db/eventType/eventTypes.ts";
import type { HookRow } from "../../db/hook/hooks.ts";
import {
  boundEvents,
  type ResourceTypeRow,
  resourceTypesOf,
  saveResourceType,
} from "../../db/resource/resourceTypes.ts";
import { newId } from "../../util/ids.ts";
import { invalidFields, UserError, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { eventLimits } from "../event/eventInput.ts";
import { exactName } from "../input/singleLineText.ts";

/** Per project. */
const MAX_RESOURCE_TYPES = 200;

const event = exactName(eventLimits.name).refine(
  (name) => name !== "*" && !name.endsWith(".*"),
  "must be an exact event type, not a pattern",
);
const resourceTypeInput = z.object({
  name: exactName(eventLimits.short),
  createdEvent: event,
  updatedEvent: event.nullish(),
  deletedEvent: event.nullish(),
});

/** A kind of resource by its plural, and the events that its changes emit. */
type ResourceTypeInput = z.input<typeof resourceTypeInput>;

/**
 * Registers a resource type, or replaces the events of an existing one. Throws UserError: INVALID, NAME_TAKEN for an
 * event of another resource type, LIMIT_REACHED.
 */
export async function registerResourceType(
  sql: Pool,
  projectId: string,
  input: ResourceTypeInput,
): Promise<ResourceTypeRow> {
  const { data, error } = resourceTypeInput.safeParse(input);
  if (error) {
    throw invalidFields(error.issues);
  }
  return sql.begin(async (tx) => {
    await lockProject(tx, projectId);
    const before = (await resourceTypesOf(tx, projectId)).find(({ name }) => name === data.name);
    const after = await writeResourceType(tx, projectId, data);
    const entity = ["ResourceType", after.id] as const;
    await audit(tx, { projectId, action: "registerResourceType", entity, before, after });
    return after;
  });
}

/** `registerResourceType` within a transaction that holds the project's lock. */
export async function writeResourceType(
  tx: Tx,
  projectId: string,
  input: ResourceTypeInput,
): Promise<ResourceTypeRow> {
  const { name, createdEvent, updatedEvent = null, deletedEvent = null } = input;
  const events = { createdEvent, updatedEvent, deletedEvent };
  const types = await resourceTypesOf(tx, projectId);
  if (types.length >= MAX_RESOURCE_TYPES && !types.some((type) => type.name === name)) {
    const message = `a project may have ${MAX_RESOURCE_TYPES} resource types at most`;
    throw userError("LIMIT_REACHED", message, ["name"]);
  }
  const bound = await boundEvents(
    tx,
    projectId,
    Object.values(events).flatMap((one) => one ?? []),
  );
  const taken = Object.entries(events).flatMap(([field, one]) =>
    bound
      .filter((binding) => binding.event === one && binding.resourceType !== name)
      .map((binding) => ({
        code: "NAME_TAKEN" as const,
        message: `event type '${one}' is about resources of type '${binding.resourceType}' already`,
        path: [field],
      })),
  );
  if (taken.length > 0) throw new UserError(taken);
  const [row] = await saveResourceType(tx, { projectId, id: newId(), name, ...events });
  if (!row) throw new Error("a resource type was not written");
  return row;
}

/**
 * Rejects a hook of format RESOURCE unless it names only event types that belong to a resource type, because only then
 * is the body of its requests known. Throws UNKNOWN_TYPE with an entry for each other type.
 */
export async function checkTypesHaveResource(
  sql: Sql,
  projectId: string,
  { format, types }: Pick<HookRow, "format" | "types">,
): Promise<void> {
  if (format !== "RESOURCE") return;
  const bound = new Set((await boundEvents(sql, projectId, types)).map((row) => row.event));
  const others = types.flatMap((type, index) => (bound.has(type) ? [] : [{ type, index }]));
  if (others.length === 0) return;
  throw new UserError(
    others.map(({ type, index }) => ({
      code: "UNKNOWN_TYPE",
      message: `unsupported event '${type}': a hook of format RESOURCE takes exact event types that belong to a resource type (see resourceTypes, registerResourceType)`,
      path: ["types", String(index)],
    })),
  );
}
