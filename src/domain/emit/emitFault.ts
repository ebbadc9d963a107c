import { errorCode } from "../../db/connection/errorCode.ts";
import { isLocked } from "../../db/connection/outage.ts";
import { UserError } from "../../util/userError.ts";

/**
 * Whether a failed write was caused by one of its calls rather than by an outage: it is rejected, its key
 * is locked by another open transaction (55P03, 40P01), or PostgreSQL rejects one of its values.
 */
export const isCallFault = (error: unknown): boolean =>
  error instanceof UserError || isLocked(error) || /^(22|23|54)/.test(errorCode(error));
