import { UserError } from "../../util/userError.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/**
 * Whether a failed write was caused by one of its calls rather than by an outage: a key that was used before or is
 * locked by another open transaction (55P03, 40P01), or a value that PostgreSQL rejects.
 */
export const isCallFault = (error: unknown): boolean =>
  error instanceof UserError || /^(22|23|54|55P03|40P01)/.test(codeOf(error));

/** Whether PostgreSQL cancelled a statement or transaction that took too long: one project asks for too much. */
export const isTimeout = (error: unknown): boolean => /^(57014|25P0[34])$/.test(codeOf(error));
