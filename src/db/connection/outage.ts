/**
 * SQLSTATE classes: connection, resources, operator intervention, system; then read-only, idle in transaction, and a
 * database that is closed to connections.
 */
const states = /^(08|53|57|58)...$|^(25006|25P03|55000)$/;
/** Of the operating system, which may be out of descriptors or memory; of the resolver, and of postgres.js. */
const codes =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EAI_AGAIN|ENOTFOUND|EMFILE|ENFILE|EAGAIN|ENOMEM|CONNECT\w+)$/;
/** `pg` gives its own no code. */
const messages =
  /^(Connection terminated|Client (has encountered a connection error|was closed)|timeout exceeded when trying to connect)/;

/** Whether an error says that the database, or the system, cannot be used just now: it passes, and the work is done again. */
export function isOutage(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return states.test(code) || codes.test(code) || messages.test(error.message);
}
