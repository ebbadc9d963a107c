/**
 * A resource is created, updated and deleted. Each change emits the event that its type defines for it, in the same
 * transaction. The event's subject names the resource; its data is the resource (for a deletion, its last state).
 */
import type { Tx } from "../../db/connection/client.ts";
import type { EventRow } from "../../db/event/events.ts";
import {
  insertResource,
  markDeleted,
  type ResourceKey,
  type ResourceRow,
  recordResource,
  replaceAttributes,
} from "../../db/resource/resources.ts";
import {
  type ResourceTypeRow,
  resourceTypeByName,
  skipNumber,
  takeNumber,
} from "../../db/resource/resourceTypes.ts";
import { newId } from "../../util/ids.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { UserError, userError } from "../../util/userError.ts";
import type { EmitInTransaction } from "../emit/emitInTransaction.ts";
import { changedAttributes } from "./changedAttributes.ts";
import { attributesText, checkResourceKey, resourceText } from "./resourceInput.ts";

/** A resource after a change, and the event of the change; null when its type defines none. */
export type ChangedResource = { resource: ResourceRow; event: EventRow | null };

/** The project, and the trace of the request (src/util/traceContext.ts). */
type Place = { projectId: string; trace: string | null };

/** Changes a resource and emits the event. Errors of the event's data are reported as errors of the attributes. */
async function changeResource(
  emitInTransaction: EmitInTransaction,
  place: Place & { type: string },
  eventName: "createdEvent" | "updatedEvent" | "deletedEvent",
  change: (tx: Tx, type: ResourceTypeRow) => Promise<ResourceRow & { before?: string }>,
): Promise<ChangedResource> {
  const { projectId, type: typeName } = place;
  try {
    const { result, event } = await emitInTransaction(place, "REST", async (tx) => {
      const [type] = await resourceTypeByName(tx, projectId, typeName);
      if (!type)
        throw userError(
          "NOT_FOUND",
          `there is no resource type '${typeName}': register it, or install a catalogue that has it`,
          ["type"],
        );
      const { before, ...resource } = await change(tx, type);
      const emitted = type[eventName];
      const record = () => recordResource(tx, resource, eventName === "createdEvent");
      if (emitted === null) return { result: resource, record, input: null };
      const subject = { type: resource.type, id: resource.resourceId };
      const data: unknown = parseJson(resourceText(resource));
      const changed =
        before === undefined ? undefined : changedAttributes(before, resource.attributes);
      return { result: resource, record, input: { type: emitted, subject, data }, changed };
    });
    return { resource: result, event };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.entries.map((entry) => ({
        ...entry,
        path: entry.path.map((part, index) =>
          index === 0 && part === "data" ? "attributes" : part,
        ),
      })),
    );
  }
}

/**
 * Creates a resource, with the given id or the next number of its type. Throws UserError: INVALID, NOT_FOUND for its
 * type, NAME_TAKEN, or the errors of emitting its event.
 */
export async function createResource(
  emitInTransaction: EmitInTransaction,
  place: Place,
  input: { type: string; resourceId?: string | null | undefined; attributes?: unknown },
): Promise<ChangedResource> {
  const { type: typeName, resourceId } = input;
  const { projectId } = place;
  checkResourceKey({ type: typeName, resourceId: resourceId ?? "1" });
  const attributes = attributesText(input.attributes);
  return changeResource(
    emitInTransaction,
    { ...place, type: typeName },
    "createdEvent",
    async (tx, type) => {
      const insert = async (id: string): Promise<ResourceRow | undefined> => {
        const key = { projectId, type: type.name, resourceId: id };
        return (await insertResource(tx, { ...key, id: newId(), attributes })).at(0);
      };
      if (resourceId == null) return insertNumbered(tx, type, insert);
      if (/^[1-9]\d{0,14}$/.test(resourceId)) await skipNumber(tx, type, Number(resourceId));
      const resource = await insert(resourceId);
      if (resource) return resource;
      throw userError(
        "NAME_TAKEN",
        `resource '${resourceId}' of type '${type.name}' exists already`,
        ["resourceId"],
      );
    },
  );
}

/** Inserts the resource with the next free number. */
async function insertNumbered(
  tx: Tx,
  type: ResourceTypeRow,
  insert: (id: string) => Promise<ResourceRow | undefined>,
): Promise<ResourceRow> {
  const resource = await insert(await takeNumber(tx, type));
  return resource ?? insertNumbered(tx, type, insert);
}

const requireFound = <Row extends ResourceRow>(
  row: Row | undefined,
  { type, resourceId }: ResourceKey,
): Row => {
  if (row) return row;
  throw userError("NOT_FOUND", `there is no resource '${resourceId}' of type '${type}'`, [
    "resourceId",
  ]);
};

/** Replaces all attributes of a resource. Throws UserError: INVALID, NOT_FOUND, or the errors of emitting its event. */
export async function updateResource(
  emitInTransaction: EmitInTransaction,
  key: ResourceKey & Place,
  attributes: unknown,
): Promise<ChangedResource> {
  const text = attributesText(attributes);
  return changeResource(emitInTransaction, key, "updatedEvent", async (tx) =>
    requireFound((await replaceAttributes(tx, key, text)).at(0), key),
  );
}

/** Deletes a resource and returns its last state. Throws NOT_FOUND, or the errors of emitting its event. */
export const deleteResource = (
  emitInTransaction: EmitInTransaction,
  key: ResourceKey & Place,
): Promise<ChangedResource> =>
  changeResource(emitInTransaction, key, "deletedEvent", async (tx) =>
    requireFound((await markDeleted(tx, key)).at(0), key),
  );
