import { errorCode } from "./errorCode.ts";

/** Whether a write violated a primary key or a unique index. */
export const isUniqueViolation = (error: unknown): boolean => errorCode(error) === "23505";

/**
 * Whether a write violated this unique index. On a node of Citus its name ends with a shard's number, and the
 * coordinator passes on the message alone.
 */
export function violates(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !isUniqueViolation(error)) return false;
  const told = "constraint_name" in error ? String(error.constraint_name) : error.message;
  return new RegExp(`\\b${name}(_\\d+)?\\b`).test(told);
}
