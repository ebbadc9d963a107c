/** The database cannot be used as it is; the message is for the operator, and the boot stops. */
export class DatabaseRefusal extends Error {
  override name = "DatabaseRefusal" as const;
}
