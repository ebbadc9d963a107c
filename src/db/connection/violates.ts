import { errorCode } from "./errorCode.ts";

/** Whether a write violated a primary key or a unique index. */
export const isUniqueViolation = (error: unknown): boolean => errorCode(error) === "23505";

/** Whether a write violated this constraint or unique index. On a node of Citus the name ends with a shard number. */
export const violates = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  "constraint_name" in error &&
  String(error.constraint_name).replace(/_\d+$/, "") === name;
