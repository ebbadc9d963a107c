import { LRUCache } from "lru-cache";
import { type Check, compileSchema, type SchemaProblem } from "../../jsonSchema/compile.ts";
import { SCHEMA_BYTES } from "./schemaBytes.ts";

const compiled = new LRUCache<string, Check>({
  maxSize: 32_000_000,
  sizeCalculation: (_check, schema) => schema.length * SCHEMA_BYTES + 5_000,
});

/** Checks a value against a schema, for the sandbox: both are JSON text. */
export function schemaCheck({
  schema,
  value,
  rootName,
}: {
  schema: string;
  value: string;
  rootName: string;
}): SchemaProblem[] {
  const check = compiled.get(schema) ?? compileSchema(JSON.parse(schema));
  compiled.set(schema, check);
  return check(JSON.parse(value), rootName);
}
