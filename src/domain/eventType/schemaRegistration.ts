import { breakingChanges } from "../../jsonSchema/compat/compat.ts";
import { compileSchema } from "../../jsonSchema/compile.ts";
import type { SchemaObject } from "../../jsonSchema/document.ts";
import type { SchemaProblem } from "../../jsonSchema/explain/problem.ts";
import { canonicalSchema } from "../../jsonSchema/schema.ts";
import { UserError } from "../../util/userError.ts";

/** A schema as given, and an example of its data; null when absent. */
export type SchemaGiven = { schema: unknown; example: unknown };

/**
 * The JSON Schema for a given schema; undefined when it already is one. Throws UserError: SCHEMA_INVALID, or
 * DATA_INVALID when the example does not fit.
 */
export function checkRegistration({
  schema,
  example,
}: SchemaGiven): { jsonSchema: SchemaObject | null } | undefined {
  const jsonSchema = canonicalSchema(schema);
  if (jsonSchema !== null && example !== null && example !== undefined) {
    const problems = compileSchema(jsonSchema)(example, "example");
    if (problems.length > 0) {
      throw new UserError(problems.map((problem) => ({ code: "DATA_INVALID", ...problem })));
    }
  }
  return jsonSchema === schema ? undefined : { jsonSchema };
}

/** The data that `before` accepts and `after` rejects. Both are JSON text; null accepts anything. */
export function compareSchemas({
  before,
  after,
}: {
  before: string | null;
  after: string | null;
}): SchemaProblem[] {
  const parsed = (text: string | null): SchemaObject | null =>
    text === null ? null : JSON.parse(text);
  return breakingChanges(parsed(before), parsed(after));
}
