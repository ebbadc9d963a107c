import { errorCode } from "../errorCode.ts";
import type { Link } from "./link.ts";
import type { MakeSql, Meter, Tx } from "./sql.ts";
import type { Statement } from "./statement.ts";

/** SQLSTATE of a statement after a failed one. */
const ABORTED = "25P02";

/**
 * Runs one transaction on a connection that it owns. BEGIN is not awaited: it is sent with the first statements. After
 * COMMIT or ROLLBACK, or a lost connection, nothing more is sent.
 */
export function runTransaction<Result>(
  link: Link,
  makeSql: MakeSql,
  mode: string,
  work: (tx: Tx) => PromiseLike<Result> | Result,
  meter: Meter | undefined,
): Promise<Result> {
  let failed: { error: unknown } | undefined;
  let isOver = false;
  const note = (error: unknown) => {
    failed ??= { error };
  };
  const send = (statement: Statement) => {
    if (isOver) statement.reject(new Error("a statement behind the end of its transaction"));
    else sendOn(statement);
  };
  const sendOn = (statement: Statement) => link.send(statement, note);
  const tx = Object.assign(makeSql(send), { isTransaction: true as const });

  async function run(): Promise<Result> {
    tx.unsafe(`begin ${mode}`).execute();
    try {
      const result = await work(tx);
      await end("commit");
      return result;
    } catch (error) {
      if (!isOver) await end("rollback").catch((reason) => link.lose(reason));
      throw failed && errorCode(error) === ABORTED ? failed.error : error;
    }
  }

  /** A failed statement fails the transaction even if `work` caught the error: PostgreSQL does not commit it. */
  async function end(how: "commit" | "rollback"): Promise<void> {
    // The library retries a statement after "cached plan must not change result type". Not once the end of the
    // transaction is queued.
    while (link.unanswered > 0) await link.idle();
    if (how === "commit" && failed) throw failed.error;
    isOver = true;
    await makeSql.statement(how, sendOn);
    if (how === "commit" && failed) throw failed.error;
  }

  return new Promise<Result>((resolve, reject) => {
    link.taken = { onLost: reject };
    link.meter(meter);
    run().then(resolve, reject);
  }).finally(() => link.meter(undefined));
}
