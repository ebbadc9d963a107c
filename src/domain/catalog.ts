import type { Db, Tx } from "../db/client.ts";
import { eventTypesByName, lockProject } from "../db/eventTypes.ts";
import { goflow } from "./catalogs/goflow.ts";
import { mistake, UserMistake } from "./errors.ts";
import type { SchemaObject } from "./eventSchemaDocument.ts";
import { writeEventType } from "./eventType.ts";

/** An event type of a catalogue; the example is data that fits. */
export type CatalogType = {
  name: string;
  description: string;
  jsonSchema: SchemaObject;
  example: unknown;
};

/** Event types that belong together, ready to be installed. */
export type Catalog = { name: string; description: string; types: CatalogType[] };

/** Every catalogue there is. */
export const catalogs: readonly Catalog[] = [goflow];

/**
 * Gives the project every event type of a catalogue; again, what has changed in the catalogue since. All or none:
 * throws UserMistake: NOT_FOUND, LIMIT_REACHED, or NAME_TAKEN for each name that a type in use has.
 */
export async function installCatalog(db: Db, projectId: string, name: string): Promise<Catalog> {
  const catalog = catalogs.find((one) => one.name === name);
  if (!catalog) {
    const names = catalogs.map((one) => `'${one.name}'`).join(", ");
    const message = `there is no catalogue '${name}': it must be one of ${names}`;
    throw mistake("NOT_FOUND", message, ["name"]);
  }
  await db.sql.begin((tx) => install(tx, projectId, catalog));
  return catalog;
}

async function install(tx: Tx, projectId: string, { name, types }: Catalog): Promise<void> {
  await lockProject(tx, projectId);
  const names = types.map((type) => type.name);
  const rows = await eventTypesByName(tx, projectId, names);
  const taken = rows.filter((row) => row.catalog !== name && row.archivedAt === null);
  if (taken.length > 0) {
    throw new UserMistake(
      taken.map((row) => ({
        code: "NAME_TAKEN",
        message: `event type '${row.name}' of the project has to be archived first, for the catalogue '${name}' has one of that name`,
        path: ["name"],
      })),
    );
  }
  const known = new Map(rows.map((row) => [row.name, row]));
  for (const { jsonSchema, example, ...type } of types) {
    const schema = JSON.stringify(jsonSchema);
    await writeEventType(tx, projectId, known.get(type.name), {
      ...type,
      origin: "CATALOG",
      catalog: name,
      schema,
      jsonSchema: schema,
      example: JSON.stringify(example),
    });
  }
}
