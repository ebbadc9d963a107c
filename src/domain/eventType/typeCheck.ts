import type { SchemaProblem } from "../../jsonSchema/compile.ts";
import { UserError, userError } from "../../util/userError.ts";
import type { Patience } from "../program/programs.ts";
import type { ProjectConfig } from "../project/projectConfig.ts";
import type { SchemaChecks, SchemaRef } from "./schemaChecks.ts";

/** The result of checking an event against its type: the version it fits, or why it is rejected. */
export type TypeVerdict = { typeVersion: number | null; rejection: UserError | null };

const unknownType = (type: string) =>
  userError("UNKNOWN_TYPE", `unknown type: '${type}'`, ["type"]);

const verdictOf = (version: number, problems: SchemaProblem[]): TypeVerdict =>
  problems.length === 0
    ? { typeVersion: version, rejection: null }
    : {
        typeVersion: null,
        rejection: new UserError(
          problems.map((problem) => ({ code: "DATA_INVALID" as const, ...problem })),
        ),
      };

/** The verdict when it does not depend on the data; otherwise the version whose schema the data has to fit. */
function typeOf(config: ProjectConfig, type: string): TypeVerdict | SchemaRef {
  const registered = config.types.get(type);
  if (!registered) {
    return {
      typeVersion: null,
      rejection: config.requireRegisteredTypes ? unknownType(type) : null,
    };
  }
  const { typeId, version, hasSchema } = registered;
  if (!hasSchema) return { typeVersion: version, rejection: null };
  return { projectId: config.projectId, typeId, version };
}

/**
 * Checks data against its type: UNKNOWN_TYPE when the project requires registered types, DATA_INVALID when the data
 * does not fit. Returns undefined when that cannot be found cheaply and synchronously; `checkType` can.
 */
export function tryCheckType(
  config: ProjectConfig,
  schemas: SchemaChecks,
  type: string,
  data: unknown,
): TypeVerdict | undefined {
  const known = typeOf(config, type);
  if ("rejection" in known) return known;
  const problems = schemas.tryCheck(known, data);
  return problems && verdictOf(known.version, problems);
}

/**
 * Like `tryCheckType`, however long it takes. Throws Overloaded when the project has used up its share, unless
 * `patience` is given.
 */
export async function checkType(
  config: ProjectConfig,
  schemas: SchemaChecks,
  type: string,
  data: unknown,
  patience?: Patience,
): Promise<TypeVerdict> {
  const known = typeOf(config, type);
  if ("rejection" in known) return known;
  return verdictOf(known.version, await schemas.check(known, data, patience));
}
