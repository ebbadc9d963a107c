import { type UserError, userError } from "../util/userError.ts";

/** The error for an unusable schema: `field 'properties.a.pattern' must be …`. */
export const invalidSchema = (path: string[], sentence: string): UserError =>
  userError("SCHEMA_INVALID", `field '${path.join(".") || "schema"}' ${sentence}`, [
    "schema",
    ...path,
  ]);
