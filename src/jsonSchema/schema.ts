import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { isObject } from "../util/json/isObject.ts";
import { userError } from "../util/userError.ts";
import { compileSchema } from "./compile.ts";
import type { SchemaObject } from "./document.ts";
import { explainErrors } from "./explain/explain.ts";
import { invalidSchema } from "./invalidSchema.ts";
import { checkBounds, checkDepth, checkSize } from "./limits.ts";
import { fromShorthand, isJsonSchema } from "./shorthand.ts";

/**
 * The JSON Schema 2020-12 of an event type's schema: JSON Schema itself, or shorthand (shorthand.ts). Null, an absent
 * schema and `true` accept anything. Throws SCHEMA_INVALID when it is neither, or exceeds a limit (limits.ts); the
 * result is safe to compile and run.
 */
export function canonicalSchema(input: unknown): SchemaObject | null {
  if (input === undefined || input === null || input === true) return null;
  if (input === false) {
    throw invalidSchema(
      [],
      "must not be false, which rejects every event: leave it out to accept any",
    );
  }
  if (!isObject(input)) {
    throw invalidSchema([], 'must be JSON Schema, or shorthand such as {"ticketName":"String"}');
  }
  checkDepth(input);
  checkSize(input);
  const schema = isJsonSchema(input) ? input : fromShorthand(input);
  checkDepth(schema);
  checkBounds(schema);
  checkWellFormed(schema);
  checkCompiles(schema);
  return schema;
}

/** The validator of the metaschema. Created once, when first needed, because that takes about 60 ms. */
let metaschema: ValidateFunction | undefined;

function checkWellFormed(schema: SchemaObject): void {
  metaschema ??= new Ajv2020({
    strict: false,
    validateFormats: false,
    verbose: true,
    messages: false,
  }).getSchema("https://json-schema.org/draft/2020-12/schema");
  if (!metaschema) throw new Error("ajv has no metaschema of 2020-12");
  if (metaschema(schema)) return;
  const [problem] = explainErrors(metaschema.errors ?? [], { value: schema, rootName: "schema" });
  throw userError("SCHEMA_INVALID", problem?.message ?? "the schema is not valid", problem?.path);
}

/** The stack frames in use, at most, where a schema is compiled again to check an event. */
const sparedFrames = 1_000;

/** References nested in references, each deep in its schema, can overflow the compiler's stack. */
function checkCompiles(schema: SchemaObject, frames = sparedFrames): void {
  try {
    if (frames > 0) checkCompiles(schema, frames - 1);
    else compileSchema(schema);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidSchema([], "is nested too deeply over its references");
  }
}
