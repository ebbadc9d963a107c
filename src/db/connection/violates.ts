/** Whether a write was refused by this constraint or unique index; on a node of Citus its name has a shard's number behind. */
export const violates = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  "constraint_name" in error &&
  String(error.constraint_name).replace(/_\d+$/, "") === name;
