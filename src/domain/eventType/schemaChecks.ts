import type { Sql } from "../../db/connection/client.ts";
import { schemaOfVersion } from "../../db/eventType/eventTypes.ts";
import type { Check, SchemaProblem } from "../../jsonSchema/compile.ts";
import { problem } from "../../jsonSchema/explain/problem.ts";
import { TooManySteps } from "../../jsonSchema/meter.ts";
import { jsonText, plainJson } from "../../util/json/exactJson.ts";
import { createCompiledCache } from "../program/compiledCache.ts";
import { type Patience, ProgramStopped, type Programs } from "../program/programs.ts";
import { SCHEMA_BYTES } from "./schemaBytes.ts";

/** One version of a registered event type; its schema never changes. */
export type SchemaRef = { projectId: string; typeId: string; version: number };

/**
 * Checks data against the schemas of event types: in place when that is known to be cheap, otherwise in the sandbox.
 */
export type SchemaChecks = {
  /** The problems of the data; undefined when they cannot be found cheaply and synchronously. */
  tryCheck(ref: SchemaRef, data: unknown): SchemaProblem[] | undefined;
  /** Loads the schema for `tryCheck`. */
  warm(ref: SchemaRef): Promise<void>;
  /** The problems of the data. Throws Overloaded when the project has used up its share, unless `patience` is given. */
  check(ref: SchemaRef, data: unknown, patience?: Patience): Promise<SchemaProblem[]>;
};

/** A longer schema takes too long to compile in place: 5 ms for 1,000 characters [measured]. */
const IN_PLACE_CHARACTERS = 8_192;
/** The most steps that one check may take in place (1 ms). */
const IN_PLACE_STEPS = 20_000;
const CACHE = { bytes: 128_000_000, bytesPerProject: 24_000_000 };

/** `check` is null for a schema that is compiled only in the sandbox. */
type LoadedSchema = { schema: string; check: Check | null };

export function createSchemaChecks(sql: Sql, programs: Programs): SchemaChecks {
  const cache = createCompiledCache<LoadedSchema>(CACHE);
  const keyOf = ({ typeId, version }: SchemaRef) => `${typeId} ${version}`;

  const loading = new Map<string, Promise<LoadedSchema>>();

  /** Concurrent callers of the same version share one load. */
  function load(ref: SchemaRef): Promise<LoadedSchema> {
    const key = keyOf(ref);
    const pending = loading.get(key) ?? loadNow(ref).finally(() => loading.delete(key));
    loading.set(key, pending);
    return pending;
  }

  async function loadNow(ref: SchemaRef): Promise<LoadedSchema> {
    const [row] = await schemaOfVersion(sql, ref);
    const schema = row?.jsonSchema ?? "true";
    const isShort = schema.length <= IN_PLACE_CHARACTERS;
    // Loaded when first needed, as runInPlace does.
    const { compileSchema } = await import("../../jsonSchema/compile.ts");
    const known = { schema, check: isShort ? compileSchema(JSON.parse(schema)) : null };
    const bytes = isShort ? 5_000 + schema.length * SCHEMA_BYTES : 100 + 2 * schema.length;
    cache.set(ref.projectId, keyOf(ref), known, bytes);
    return known;
  }

  function inPlace({ check }: LoadedSchema, data: unknown): SchemaProblem[] | undefined {
    try {
      return check?.(plainJson(data), "data", IN_PLACE_STEPS);
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return undefined;
    }
  }

  return {
    tryCheck(ref, data) {
      const known = cache.get(ref.projectId, keyOf(ref));
      return known && inPlace(known, data);
    },
    async warm(ref) {
      if (!cache.get(ref.projectId, keyOf(ref))) await load(ref);
    },
    async check(ref, data, patience) {
      const known = cache.get(ref.projectId, keyOf(ref)) ?? (await load(ref));
      const found = inPlace(known, data);
      if (found) return found;
      const value = jsonText(data ?? null);
      const input = { schema: known.schema, value, rootName: "data" };
      try {
        return await programs.run(ref.projectId, "schema", input, patience);
      } catch (error) {
        if (!(error instanceof ProgramStopped)) throw error;
        return [problem("data", data, [], `${error.message} to check against its schema`)];
      }
    },
  };
}
