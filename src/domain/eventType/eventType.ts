import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Db, Tx } from "../../db/connection/client.ts";
import {
  countEventTypes,
  type EventTypeRow,
  eventTypesByName,
  insertEventType,
  insertEventTypeVersion,
  lockProject,
  type RegisteredType,
  updateEventType,
} from "../../db/eventType/eventTypes.ts";
import { bumpConfigVersion } from "../../db/project/projects.ts";
import { resourceTypesOf } from "../../db/resource/resourceTypes.ts";
import { canonicalJson } from "../../jsonSchema/canonicalJson.ts";
import type { SchemaObject } from "../../jsonSchema/document.ts";
import type { SchemaProblem } from "../../jsonSchema/explain/problem.ts";
import { invalidSchema } from "../../jsonSchema/invalidSchema.ts";
import { newId } from "../../util/ids.ts";
import { jsonText, plainJson } from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { Overloaded } from "../../util/overloaded.ts";
import { invalidFields, UserError, userError } from "../../util/userError.ts";
import { audit } from "../audit/audit.ts";
import { eventLimits } from "../event/eventInput.ts";
import { exactName, hasAtMost } from "../input/singleLineText.ts";
import { checkSelectionsOfHooks } from "../payload/checkSelection.ts";
import { ProgramStopped, type Programs } from "../program/programs.ts";
import { runInPlace } from "../program/programsInPlace.ts";
import { checkUnnamed, markArchived } from "./archiveEventType.ts";
import { eventTypeState } from "./eventTypeState.ts";
import type { SchemaGiven } from "./schemaRegistration.ts";

/** Limits of event types: characters, and the number per project, archived ones included. */
const eventTypeLimits = {
  name: eventLimits.name,
  description: 4_000,
  perProject: 1_000,
} as const;

const nameRules = exactName(eventTypeLimits.name)
  .refine(
    (name) => name === name.trim() || name.trim() === "",
    "must not begin or end with a space",
  )
  .refine(
    (name) => name !== "*" && !name.endsWith(".*"),
    "must not be '*' or end in '.*', which hooks use as patterns",
  );

export const eventTypeInput = z.object({
  name: nameRules,
  description: z
    .string()
    .refine(
      hasAtMost(eventTypeLimits.description),
      `must have at most ${eventTypeLimits.description} characters`,
    )
    .refine((text) => !/\0|\p{Cs}/u.test(text), "must not contain NUL or halves of characters")
    .nullish(),
  schema: z.unknown().optional(),
  example: z.unknown().optional(),
  resourceType: exactName(eventLimits.short).nullish(),
  allowBreaking: z.boolean().nullish(),
});

/** The registration of a type; what it leaves out the type does not have. */
export type EventTypeInput = z.input<typeof eventTypeInput>;

type Registration = EventTypeInput & { isArchived?: boolean };

/**
 * Registers an event type, or the next version of an existing one when the schema has changed. Registering the same
 * again changes nothing. An archived type is restored, unless it is registered as archived. Throws UserError: INVALID,
 * SCHEMA_INVALID, DATA_INVALID (the example does not fit), BREAKING_CHANGE (one entry per break, unless
 * `allowBreaking`), NAME_TAKEN (by a type of a catalogue, or as the event of another resource type), LIMIT_REACHED, or,
 * for one to be archived, NOT_ALLOWED_NOW.
 */
export const registerEventType = (
  db: Db,
  sandbox: Programs,
  projectId: string,
  input: Registration,
): Promise<EventTypeRow> => changeEventType(db, sandbox, projectId, input.name, () => input);

async function prepare(sandbox: Programs, projectId: string, input: EventTypeInput) {
  const { name, description, schema, example, allowBreaking, resourceType } = checkInput(input);
  checkExampleSize(example);
  const jsonSchema = await canonicalIn(sandbox, projectId, {
    schema,
    example: plainJson(example),
  });
  const registered = {
    name,
    description: description ?? null,
    origin: "CUSTOM" as const,
    catalog: null,
    schema: textOf(schema),
    jsonSchema: textOf(jsonSchema),
    example: textOf(example),
    resourceType: resourceType ?? null,
  };
  return { registered, allowBreaking };
}

/**
 * Registers an event type as `change` has it, given what it is. Of changes at once each is made on top of the one before:
 * `change` may be called again, and has no other effect than to throw.
 */
export async function changeEventType(
  db: Db,
  sandbox: Programs,
  projectId: string,
  name: string,
  change: (current: EventTypeRow | undefined) => Registration,
): Promise<EventTypeRow> {
  let prepared: (Awaited<ReturnType<typeof prepare>> & { input: Registration }) | undefined;
  for (let tries = 1; ; tries += 1) {
    const [known] = await eventTypesByName(db.sql, projectId, [name]);
    const input = change(known);
    if (prepared?.input !== input)
      prepared = { ...(await prepare(sandbox, projectId, input)), input };
    const { registered, allowBreaking } = prepared;
    // Compared outside the transaction: it may take long and would hold the project's lock.
    const breaks =
      known && !allowBreaking && !isSameJson(known.schema, registered.schema)
        ? await compareIn(sandbox, projectId, known.jsonSchema, registered.jsonSchema)
        : [];
    const written = await db.sql.begin(async (tx) => {
      await lockProject(tx, projectId);
      const [current] = await eventTypesByName(tx, projectId, [name]);
      if (current?.version !== known?.version || current?.catalog !== known?.catalog) return null;
      // What is given whole does not depend on what there was.
      if (change(current) !== input && !isDeepStrictEqual(current, known)) return null;
      if (current?.catalog) {
        const message = `event type '${name}' belongs to the catalogue '${current.catalog}', which cannot be changed: choose another name`;
        throw userError("NAME_TAKEN", message, ["name"]);
      }
      await checkResourceType(tx, projectId, registered);
      if (breaks.length > 0) {
        throw new UserError(breaks.map((broken) => ({ code: "BREAKING_CHANGE", ...broken })));
      }
      const type = await writeEventType(tx, projectId, current, registered);
      if (input.isArchived && !current?.archivedAt) await checkUnnamed(tx, projectId, name);
      const after = input.isArchived ? await markArchived(tx, projectId, type) : type;
      await audit(tx, {
        projectId,
        action: "registerEventType",
        entity: ["EventType", after.id],
        before: current && eventTypeState(current),
        after: eventTypeState(after),
      });
      return after;
    });
    if (written) return written;
    if (tries >= MAX_TRIES) {
      throw new Overloaded(`event type '${name}' is being changed by others: try again`, 1);
    }
  }
}

/** How often the comparison is repeated because the type has changed meanwhile. */
const MAX_TRIES = 50;
/** Schemas up to this many characters of JSON are checked and compared in place (10 ms). */
const IN_PLACE_CHARACTERS = 2_000;
/** Keywords that make comparing schemas more than one pass over both. */
const branching = /"(anyOf|oneOf|allOf|not|if|\$ref|dependentSchemas)"/;

const stopped = (error: unknown): never => {
  if (!(error instanceof ProgramStopped)) throw error;
  throw invalidSchema([], `is too costly: checking it ${error.message}`);
};

async function canonicalIn(
  sandbox: Programs,
  projectId: string,
  given: SchemaGiven,
): Promise<SchemaObject | null> {
  const isSmall = jsonText([given.schema, given.example]).length <= IN_PLACE_CHARACTERS;
  const checked = isSmall
    ? await runInPlace("schemaRegistration", given)
    : await sandbox.run(projectId, "schemaRegistration", given).catch(stopped);
  return checked ? checked.jsonSchema : (given.schema as SchemaObject);
}

async function compareIn(
  sandbox: Programs,
  projectId: string,
  before: string | null,
  after: string | null,
): Promise<SchemaProblem[]> {
  const both = `${before} ${after}`;
  const isSmall = both.length <= IN_PLACE_CHARACTERS && !branching.test(both);
  const given = { before, after };
  return isSmall
    ? runInPlace("schemaComparison", given)
    : sandbox.run(projectId, "schemaComparison", given).catch(stopped);
}

/**
 * Writes a type's registration given the current row, as the next version when the schema has changed. Restores an
 * archived type. Requires the project's lock. Throws LIMIT_REACHED when the project has too many types, and
 * BREAKING_CHANGE when a hook's selection would ask for what is gone.
 */
export async function writeEventType(
  tx: Tx,
  projectId: string,
  current: EventTypeRow | undefined,
  registered: Omit<RegisteredType, "id" | "version">,
): Promise<EventTypeRow> {
  if (!current) {
    await checkRoom(tx, projectId);
    await checkSelectionsOfHooks(tx, projectId, registered);
    return save(tx, projectId, insertEventType, { ...registered, id: newId(), version: 1 }, true);
  }
  const isChanged = !isSameJson(current.schema, registered.schema);
  const isSame =
    !isChanged &&
    isSameJson(current.example, registered.example) &&
    current.description === registered.description &&
    current.resourceType === registered.resourceType &&
    current.catalog === registered.catalog;
  if (isSame && current.archivedAt === null) return current;
  if (isChanged || current.archivedAt !== null)
    await checkSelectionsOfHooks(tx, projectId, registered);
  const version = current.version + (isChanged ? 1 : 0);
  const next = { ...registered, id: current.id, version };
  return save(tx, projectId, updateEventType, next, isChanged);
}

/** An event type has one resource type. Throws NAME_TAKEN when another one is bound to it. */
async function checkResourceType(
  tx: Tx,
  projectId: string,
  { name, resourceType }: Pick<RegisteredType, "name" | "resourceType">,
): Promise<void> {
  if (resourceType === null) return;
  const types = await resourceTypesOf(tx, projectId);
  const other = types.find(
    (type) =>
      type.name !== resourceType &&
      [type.createdEvent, type.updatedEvent, type.deletedEvent].includes(name),
  );
  if (!other) return;
  const message = `event type '${name}' is about resources of type '${other.name}' already`;
  throw userError("NAME_TAKEN", message, ["resourceType"]);
}

function checkInput(input: EventTypeInput) {
  const result = eventTypeInput.safeParse(input);
  if (result.success) return result.data;
  throw invalidFields(result.error.issues);
}

function checkExampleSize(example: unknown): void {
  if (example === undefined || example === null) return;
  if (Buffer.byteLength(jsonText(example)) > eventLimits.dataBytes) {
    const message = `field 'example' may take ${eventLimits.dataBytes} bytes as JSON at most`;
    throw userError("INVALID", message, ["example"]);
  }
}

async function checkRoom(tx: Tx, projectId: string): Promise<void> {
  const [row] = await countEventTypes(tx, projectId);
  if (row && row.count < eventTypeLimits.perProject) return;
  const message = `a project may have ${eventTypeLimits.perProject} event types at most`;
  throw userError("LIMIT_REACHED", message, ["name"]);
}

async function save(
  tx: Tx,
  projectId: string,
  write: typeof insertEventType,
  type: RegisteredType,
  isNewVersion: boolean,
): Promise<EventTypeRow> {
  const [row] = await write(tx, projectId, type);
  if (isNewVersion) await insertEventTypeVersion(tx, projectId, type);
  await bumpConfigVersion(tx, projectId);
  return stored(row);
}

function stored(row: EventTypeRow | undefined): EventTypeRow {
  if (!row) throw new Error("the event type is gone from under its project's lock");
  return row;
}

const textOf = (value: unknown): string | null =>
  value === undefined || value === null ? null : jsonText(value);

/** Whether two JSON texts have the same meaning, regardless of the order of keys. */
const isSameJson = (a: string | null, b: string | null) =>
  a === b ||
  (a !== null && b !== null && canonicalJson(parseJson(a)) === canonicalJson(parseJson(b)));
