import type { Pool, Tx } from "./client.ts";

/** Runs `write` in one transaction, durable once it returns. */
export const inTransaction = <Result>(
  sql: Pool,
  write: (tx: Tx) => Promise<Result>,
): Promise<Result> => sql.begin(write) as Promise<Result>;
