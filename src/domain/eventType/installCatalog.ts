import type { Catalog } from "../../catalogs/catalog.ts";
import { catalogs } from "../../catalogs/catalogs.ts";
import type { Db, Tx } from "../../db/connection/client.ts";
import { eventTypesByName, lockProject } from "../../db/eventType/eventTypes.ts";
import { resourceTypesOf } from "../../db/resource/resourceTypes.ts";
import { UserError, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { writeResourceType } from "../resource/resourceType.ts";
import { writeEventType } from "./eventType.ts";

/**
 * Adds every event type of a catalogue to the project; a repeated call applies changes of the catalogue. All or
 * nothing. Throws UserError: NOT_FOUND, LIMIT_REACHED, BREAKING_CHANGE for each hook whose selection would ask for what is
 * gone, or NAME_TAKEN for each name that an active type or another resource type's event has.
 */
export async function installCatalog(db: Db, projectId: string, name: string): Promise<Catalog> {
  const catalog = catalogs.find((one) => one.name === name);
  if (!catalog) {
    const names = catalogs.map((one) => `'${one.name}'`).join(", ");
    const message = `there is no catalogue '${name}': it must be one of ${names}`;
    throw userError("NOT_FOUND", message, ["name"]);
  }
  await db.sql.begin(async (tx) => {
    const changed = await install(tx, projectId, catalog);
    if (changed.length === 0) return;
    const entity = ["Project", projectId] as const;
    const after = { catalog: name, changed };
    await audit(tx, { projectId, action: "installCatalog", entity, after });
  });
  return catalog;
}

/** Whether a catalogue has an event type of this name. */
export const isInCatalog = (name: string, type: string): boolean =>
  catalogs.some((one) => one.name === name && one.types.some((it) => it.name === type));

/** What is wrong with one of a catalogue's types, as a caller sees it who named the catalogue alone. */
const ofCatalog = (error: unknown, type: string) =>
  error instanceof UserError
    ? new UserError(
        error.entries.map(({ code, message }) => ({
          code,
          message: `event type '${type}': ${message}`,
          path: ["name"],
        })),
      )
    : error;

/** Returns the names of what it changed. */
async function install(tx: Tx, projectId: string, catalog: Catalog): Promise<string[]> {
  const { name, types } = catalog;
  await lockProject(tx, projectId);
  const names = types.map((type) => type.name);
  const rows = await eventTypesByName(tx, projectId, names);
  const taken = rows.filter((row) => row.catalog !== name && row.archivedAt === null);
  if (taken.length > 0) {
    throw new UserError(
      taken.map((row) => ({
        code: "NAME_TAKEN",
        message: `event type '${row.name}' of the project must be archived first: the catalogue '${name}' has a type of that name`,
        path: ["name"],
      })),
    );
  }
  const known = new Map(rows.map((row) => [row.name, row]));
  const changed: string[] = [];
  for (const { jsonSchema, example, ...type } of types) {
    const schema = JSON.stringify(jsonSchema);
    const before = known.get(type.name);
    const after = await writeEventType(tx, projectId, before, {
      ...type,
      origin: "CATALOG",
      catalog: name,
      schema,
      jsonSchema: schema,
      example: JSON.stringify(example),
      resourceType: null,
    }).catch((error: unknown) => {
      throw ofCatalog(error, type.name);
    });
    if (after !== before) changed.push(type.name);
  }
  return [...changed, ...(await installResourceTypes(tx, projectId, catalog))];
}

/**
 * Existing resource types with the same `createdEvent` stay unchanged: the project may have added events of its own.
 */
async function installResourceTypes(
  tx: Tx,
  projectId: string,
  { name, resourceTypes = [] }: Catalog,
): Promise<string[]> {
  const installed: string[] = [];
  const present = resourceTypes.length === 0 ? [] : await resourceTypesOf(tx, projectId);
  for (const wanted of resourceTypes) {
    const existing = present.find((type) => type.name === wanted.name);
    if (existing?.createdEvent === wanted.createdEvent) continue;
    if (existing) {
      const message = `resource type '${wanted.name}' of the project has the event '${existing.createdEvent}', where the catalogue '${name}' has '${wanted.createdEvent}'`;
      throw userError("NAME_TAKEN", message, ["name"]);
    }
    await writeResourceType(tx, projectId, wanted);
    installed.push(wanted.name);
  }
  return installed;
}
