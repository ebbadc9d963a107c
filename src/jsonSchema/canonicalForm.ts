import { isObject } from "../util/isObject.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { mapSubschemas, type SchemaDocument, type SchemaObject, subschemasOf } from "./document.ts";
import { assertionsOf } from "./prepare.ts";

/**
 * A text that is the same for schemas that ask the same in the same way: without annotations, and with what
 * they refer to, wherever it stands.
 */
export function canonicalForm(document: SchemaDocument, schema: unknown): string {
  const targets: string[] = [];
  const write = (part: unknown): unknown => {
    if (!isObject(part)) return part;
    const target = typeof part.$ref === "string" ? document.resolve(part.$ref) : undefined;
    if (target !== undefined && !targets.includes(target)) targets.push(target);
    return {
      ...assertionsOf(part),
      ...mapSubschemas(part, [], ({ schema, looks }) => (looks === "nowhere" ? {} : write(schema))),
      $defs: undefined,
      definitions: undefined,
      $ref: target === undefined ? undefined : targets.indexOf(target),
    };
  };
  const texts = [write(schema)];
  // The list grows while it is read.
  for (const target of targets) texts.push(write(document.subschemas.get(target)?.schema));
  return canonicalJson(texts);
}

/** Whether a schema asks nothing. */
export const isOpen = (schema: unknown): boolean =>
  schema === undefined ||
  schema === true ||
  (isObject(schema) && schema.$ref === undefined && asksNothing(schema));

/** The schema that a reference with nothing beside it stands for. */
export function dereferenced(document: SchemaDocument, schema: unknown): unknown {
  if (!isObject(schema) || typeof schema.$ref !== "string" || !asksNothing(schema)) return schema;
  const pointer = document.resolve(schema.$ref);
  if (pointer === undefined) throw new Error(`the reference ${schema.$ref} leads nowhere`);
  return dereferenced(document, document.subschemas.get(pointer)?.schema);
}

/** Whether a schema has nothing but annotations, definitions and perhaps a reference. */
const asksNothing = (schema: SchemaObject) =>
  Object.keys(assertionsOf(schema)).length === 0 &&
  subschemasOf(schema).every(({ looks }) => looks === "nowhere");
