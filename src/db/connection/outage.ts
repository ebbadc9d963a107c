import { errorCode } from "./errorCode.ts";

/**
 * SQLSTATE classes: connection, resources, operator intervention, system. Then read-only transaction, idle in
 * transaction, and a database closed to connections.
 */
const states = /^(08|53|57|58)...$|^(25006|25P03|25P04|55000)$/;
/** Codes of the operating system (which may be out of descriptors or memory), of the resolver and of postgres.js. */
const codes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND|EMFILE|ENFILE|EAGAIN|ENOMEM|CONNECT\w+)$/;
/** `pg` gives no codes to its own errors. */
const messages =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout exceeded when trying to connect)/;

/**
 * Whether an error means that the database or the system cannot be used at the moment: it passes, and the work is
 * retried.
 */
export const isOutage = (error: unknown): error is Error =>
  error instanceof Error &&
  (states.test(errorCode(error)) || codes.test(errorCode(error)) || messages.test(error.message));

/**
 * Whether PostgreSQL aborted a statement or transaction that took too long: an outage that its own size may have
 * caused.
 */
export const isTimeout = (error: unknown): boolean => /^(57014|25P0[34])$/.test(errorCode(error));

/** Whether a statement failed because of a lock (lock_not_available, deadlock_detected): the database is available. */
export const isLocked = (error: unknown): boolean => /^(55P03|40P01)$/.test(errorCode(error));
