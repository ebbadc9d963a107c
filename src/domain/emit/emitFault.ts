import { isLocked } from "../../db/connection/outage.ts";
import { UserError } from "../../util/userError.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";

/**
 * Whether a failed write is the fault of one of its calls, not an outage: a key that was used, or that somebody's
 * open transaction holds, or a value PostgreSQL refuses.
 */
export const faultOfACall = (error: unknown): boolean =>
  error instanceof UserError || isLocked(error) || /^(22|23|54)/.test(codeOf(error));
