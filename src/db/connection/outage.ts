/**
 * SQLSTATE classes: connection, resources, operator intervention, system. Then read-only transaction, idle in
 * transaction, and a database closed to connections.
 */
const states = /^(08|53|57|58)...$|^(25006|25P03|55000)$/;
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
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return states.test(code) || codes.test(code) || messages.test(error.message);
}
