import { UserError } from "../../util/userError.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/**
 * Whether a failed write is the fault of one of its calls, not an outage: a key that was used, or that somebody's
 * open transaction holds (55P03, 40P01), or a value PostgreSQL refuses.
 */
export const faultOfACall = (error: unknown): boolean =>
  error instanceof UserError || /^(22|23|54|55P03|40P01)/.test(codeOf(error));

/** Whether PostgreSQL gave up what took too long, a statement or a transaction: one project asks for too much. */
export const isTimeout = (error: unknown): boolean => /^(57014|25P0[34])$/.test(codeOf(error));
