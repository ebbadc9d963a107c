import type { SchemaProblem } from "../../jsonSchema/compile.ts";
import { UserError, userError } from "../../util/userError.ts";
import type { Patience } from "../program/programs.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import type { SchemaChecks, SchemaRef } from "./schemaChecks.ts";

/** What an event's type says of its data: the version it is of, or why it is refused. */
export type TypeVerdict = { typeVersion: number | null; refusal: UserError | null };

const isUnknown = (type: string) => userError("UNKNOWN_TYPE", `unknown type: '${type}'`, ["type"]);

const verdictOf = (version: number, problems: SchemaProblem[]): TypeVerdict =>
  problems.length === 0
    ? { typeVersion: version, refusal: null }
    : {
        typeVersion: null,
        refusal: new UserError(
          problems.map((problem) => ({ code: "DATA_INVALID" as const, ...problem })),
        ),
      };

/** What is told without looking at the data; otherwise the version whose schema it has to fit. */
function typeOf(config: ProjectConfig, type: string): TypeVerdict | SchemaRef {
  const registered = config.types.get(type);
  if (!registered) {
    return { typeVersion: null, refusal: config.requireRegisteredTypes ? isUnknown(type) : null };
  }
  const { typeId, version, hasSchema } = registered;
  if (!hasSchema) return { typeVersion: version, refusal: null };
  return { projectId: config.projectId, typeId, version };
}

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
  const known = typeOf(config, type);
  if ("refusal" in known) return known;
  const problems = schemas.tryCheck(known, data);
  return problems && verdictOf(known.version, problems);
}

/** The same however long it takes. Throws Overloaded when the project has used up its share, unless the caller is patient. */
export async function checkType(
  config: ProjectConfig,
  schemas: SchemaChecks,
  type: string,
  data: unknown,
  patience?: Patience,
): Promise<TypeVerdict> {
  const known = typeOf(config, type);
  if ("refusal" in known) return known;
  return verdictOf(known.version, await schemas.check(known, data, patience));
}
