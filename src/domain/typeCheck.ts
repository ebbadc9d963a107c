import { mistake, UserMistake } from "./errors.ts";
import type { SchemaProblem } from "./eventSchemaCompile.ts";
import type { Patience } from "./programs.ts";
import type { ProjectConfig } from "./projectConfig.ts";
import type { SchemaChecks } from "./schemaChecks.ts";

/** What an event's type says of its data: the version it is of, or why it is refused. */
export type TypeVerdict = { typeVersion: number | null; refusal: UserMistake | null };

const isUnknown = (type: string) => mistake("UNKNOWN_TYPE", `unknown type: '${type}'`, ["type"]);

const verdictOf = (version: number, problems: SchemaProblem[]): TypeVerdict =>
  problems.length === 0
    ? { typeVersion: version, refusal: null }
    : {
        typeVersion: null,
        refusal: new UserMistake(
          problems.map((problem) => ({ code: "DATA_INVALID" as const, ...problem })),
        ),
      };

/**
 * Checks data against its type: UNKNOWN_TYPE when the project requires registered types, DATA_INVALID when it does not
 * fit. Undefined when that cannot be told cheaply, and now: `checkType` tells it.
 */
export function tryCheckType(
  config: ProjectConfig,
  schemas: SchemaChecks,
  type: string,
  data: unknown,
): TypeVerdict | undefined {
  const registered = config.types.get(type);
  if (!registered) {
    return { typeVersion: null, refusal: config.requireRegisteredTypes ? isUnknown(type) : null };
  }
  const { typeId, version, hasSchema } = registered;
  if (!hasSchema) return { typeVersion: version, refusal: null };
  const { projectId } = config;
  const problems = schemas.tryCheck({ projectId, typeId, version }, data);
  return problems && verdictOf(version, problems);
}

/** The same however long it takes. Throws Overloaded when the project has used up its share, unless the caller is patient. */
export async function checkType(
  config: ProjectConfig,
  schemas: SchemaChecks,
  type: string,
  data: unknown,
  patience?: Patience,
): Promise<TypeVerdict> {
  const known = tryCheckType(config, schemas, type, data);
  if (known) return known;
  const registered = config.types.get(type);
  if (!registered) throw new Error(`event type '${type}' is gone from its configuration`);
  const { typeId, version } = registered;
  const { projectId } = config;
  return verdictOf(version, await schemas.check({ projectId, typeId, version }, data, patience));
}
