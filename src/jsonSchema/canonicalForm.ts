import { isObject } from "../util/json/isObject.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { mapSubschemas, type SchemaDocument, type SchemaObject, subschemasOf } from "./document.ts";
import { assertionsOf } from "./prepare.ts";

/**
 * A text that is equal for schemas with the same assertions: without annotations, and with the targets of references,
 * wherever they are defined.
 */
export function canonicalForm(document: SchemaDocument, schema: unknown): string {
  const targets: string[] = [];
  const write = (part: unknown): unknown => {
    if (!isObject(part)) return part;
    const target = typeof part.$ref === "string" ? document.resolve(part.$ref) : undefined;
    if (target !== undefined && !targets.includes(target)) targets.push(target);
    return {
      ...assertionsOf(part),
      ...mapSubschemas(part, [], ({ schema, appliesTo }) =>
        appliesTo === "none" ? {} : write(schema),
      ),
      $defs: undefined,
      definitions: undefined,
      $ref: target === undefined ? undefined : targets.indexOf(target),
    };
  };
  const texts = [write(schema)];
  // The list grows during the loop.
  for (const target of targets) texts.push(write(document.subschemas.get(target)?.schema));
  return canonicalJson(texts);
}

/** Whether a schema accepts everything. */
export const isOpen = (schema: unknown): boolean =>
  schema === undefined ||
  schema === true ||
  (isObject(schema) && schema.$ref === undefined && hasNoAssertions(schema));

/** Follows a reference that has no other assertions beside it. */
export function dereferenced(document: SchemaDocument, schema: unknown): unknown {
  if (!isObject(schema) || typeof schema.$ref !== "string" || !hasNoAssertions(schema))
    return schema;
  const pointer = document.resolve(schema.$ref);
  if (pointer === undefined) throw new Error(`the reference ${schema.$ref} leads nowhere`);
  return dereferenced(document, document.subschemas.get(pointer)?.schema);
}

/** Whether a schema has only annotations, definitions and perhaps a reference. */
const hasNoAssertions = (schema: SchemaObject) =>
  Object.keys(assertionsOf(schema)).length === 0 &&
  subschemasOf(schema).every(({ appliesTo }) => appliesTo === "none");
