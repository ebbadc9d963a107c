import { jsonText } from "../util/json/exactJson.ts";
import { isObject } from "../util/json/isObject.ts";
import { MAX_JSON_DEPTH } from "../util/json/jsonDepth.ts";
import {
  readDocument,
  type SchemaDocument,
  type SchemaObject,
  subschemasOf,
  toPointer,
} from "./document.ts";
import { invalidSchema } from "./invalidSchema.ts";
import { compilePattern } from "./pattern.ts";

/**
 * Limits of a schema, so that compiling it takes well under a second (measured: about 0.4 s at worst) and checking
 * cannot hang. Pattern sizes are in instructions of RE2.
 */
const schemaLimits = {
  bytes: 65_536,
  depth: MAX_JSON_DEPTH,
  subschemas: 1_000,
  branches: 200,
  references: 100,
  referenceChain: 32,
  patternCharacters: 1_000,
  patternInstructions: 10_000,
} as const;

/** Keywords that refer outside the document, or that only other drafts define. */
const unsupported: Record<string, string> = {
  $dynamicRef: "is not supported: use '$ref'",
  $dynamicAnchor: "is not supported: use '$anchor'",
  $recursiveRef: "is of another draft: use '$ref'",
  $recursiveAnchor: "is of another draft: use '$anchor'",
  dependencies: "is of another draft: use 'dependentRequired' or 'dependentSchemas'",
  additionalItems: "is of another draft: use 'prefixItems' and 'items'",
};

const draft = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

/** Rejects a schema that is too large for further checks. */
export function checkSize(input: unknown): void {
  const bytes = Buffer.byteLength(jsonText(input));
  if (bytes <= schemaLimits.bytes) return;
  throw invalidSchema(
    [],
    `may take ${schemaLimits.bytes} bytes as JSON at most, this takes ${bytes}`,
  );
}

/**
 * Rejects a schema that is nested too deeply to walk, and texts with lone surrogates, which ajv could not write into
 * its code.
 */
export function checkDepth(value: unknown, path: string[] = []): void {
  if (typeof value === "string" && !value.isWellFormed()) {
    throw invalidSchema(path, "must not hold halves of characters");
  }
  if (typeof value !== "object" || value === null) return;
  if (path.length >= schemaLimits.depth) {
    throw invalidSchema([], `may be nested ${schemaLimits.depth} levels deep at most`);
  }
  for (const [key, part] of Object.entries(value)) {
    // In an object it is a field like any other; in the code that ajv generates it is not.
    if (!key.isWellFormed()) {
      throw invalidSchema(path, "must not have names that hold halves of characters");
    }
    if (key === "__proto__") throw invalidSchema([...path, key], "is a name no field can have");
    checkDepth(part, [...path, key]);
  }
}

/** Rejects a JSON Schema, well-formed or not, that exceeds a limit, refers outside itself, or could hang a check. */
export function checkBounds(schema: SchemaObject): void {
  const document = readDocument(schema);
  if (document.subschemas.size > schemaLimits.subschemas) {
    throw invalidSchema([], `may hold ${schemaLimits.subschemas} subschemas at most`);
  }
  for (const subschema of document.subschemas.values()) {
    if (isObject(subschema.schema)) checkKeywords(subschema.schema, subschema.path, document);
  }
  checkPatterns(document);
  checkReferences(document);
}

function checkKeywords(schema: SchemaObject, path: string[], document: SchemaDocument): void {
  for (const [keyword, sentence] of Object.entries(unsupported)) {
    if (Object.hasOwn(schema, keyword)) throw invalidSchema([...path, keyword], sentence);
  }
  const { $schema, $id, $ref } = schema;
  if ($schema !== undefined && !draft.test(String($schema))) {
    const uri = "https://json-schema.org/draft/2020-12/schema";
    throw invalidSchema([...path, "$schema"], `must be '${uri}', the only draft supported`);
  }
  if ($id !== undefined && path.length > 0) {
    throw invalidSchema([...path, "$id"], "is only supported at the top of a schema");
  }
  if (typeof $ref === "string" && document.resolve($ref) === undefined) {
    const sentence = "must lead to a schema in this document, such as '#/$defs/address'";
    throw invalidSchema([...path, "$ref"], `${sentence}, and '${$ref}' does not`);
  }
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    const branches = schema[keyword];
    if (Array.isArray(branches) && branches.length > schemaLimits.branches) {
      throw invalidSchema([...path, keyword], `may hold ${schemaLimits.branches} schemas at most`);
    }
  }
}

function checkPatterns(document: SchemaDocument): void {
  let instructions = 0;
  const check = (source: string, path: string[]) => {
    if (source.length > schemaLimits.patternCharacters) {
      throw invalidSchema(path, `may be ${schemaLimits.patternCharacters} characters long at most`);
    }
    try {
      instructions += compilePattern(source).size;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const kind = "a regular expression without lookaround and backreferences";
      throw invalidSchema(path, `must be ${kind}, and '${source}' is not (${why})`);
    }
    if (instructions <= schemaLimits.patternInstructions) return;
    throw invalidSchema(path, `makes the patterns of this schema too big together: '${source}'`);
  };
  for (const { schema, path } of document.subschemas.values()) {
    if (!isObject(schema)) continue;
    if (typeof schema.pattern === "string") check(schema.pattern, [...path, "pattern"]);
    for (const source of Object.keys(
      isObject(schema.patternProperties) ? schema.patternProperties : {},
    )) {
      check(source, [...path, "patternProperties", source]);
    }
  }
}

/** Rejects references that return to themselves without descending into the data. */
function checkReferences(document: SchemaDocument): void {
  const chains = new Map<string, number>();
  const targets = new Set<string>();
  const open = new Set<string>();

  /** The number of references that may follow each other from here, for the same value. */
  const chainFrom = (pointer: string): number => {
    const known = chains.get(pointer);
    if (known !== undefined) return known;
    const { schema, path } = document.subschemas.get(pointer) ?? { schema: true, path: [] };
    if (open.has(pointer)) {
      throw invalidSchema(
        path,
        "refers to itself without going into the data, so nothing could be checked",
      );
    }
    open.add(pointer);
    const chain = isObject(schema) ? longestChain(schema, path) : 0;
    open.delete(pointer);
    chains.set(pointer, chain);
    if (chain <= schemaLimits.referenceChain) return chain;
    throw invalidSchema(path, `leads over more than ${schemaLimits.referenceChain} references`);
  };
  const longestChain = (schema: SchemaObject, path: string[]): number => {
    let longest = 0;
    const target = typeof schema.$ref === "string" ? document.resolve(schema.$ref) : undefined;
    if (target !== undefined) {
      targets.add(target);
      longest = 1 + chainFrom(target);
    }
    for (const child of subschemasOf(schema, path)) {
      if (child.appliesTo === "self") longest = Math.max(longest, chainFrom(toPointer(child.path)));
    }
    return longest;
  };
  for (const pointer of document.subschemas.keys()) chainFrom(pointer);
  if (targets.size > schemaLimits.references) {
    throw invalidSchema([], `may refer to ${schemaLimits.references} places at most`);
  }
}
