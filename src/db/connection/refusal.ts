/** The database cannot be used as it is. The message is for the operator, and startup stops. */
export class DatabaseRefusal extends Error {
  override name = "DatabaseRefusal" as const;
}
