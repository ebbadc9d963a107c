import type { Link } from "./link.ts";
import type { MakeSql, Meter, Tx } from "./sql.ts";
import type { Statement } from "./statement.ts";

/** SQLSTATE: a statement behind one that failed. */
const ABORTED = "25P02";

const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code;

/**
 * Runs one transaction on a connection that nobody else has meanwhile. BEGIN is not waited for: it goes out with the
 * first statements. After COMMIT or ROLLBACK, and after the connection has broken, nothing more is sent.
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
      throw failed && codeOf(error) === ABORTED ? failed.error : error;
    }
  }

  /** A statement's failure is the transaction's, although `work` may have caught it: PostgreSQL commits nothing then. */
  async function end(how: "commit" | "rollback"): Promise<void> {
    // The library tries a statement again whose plan is of the past: not behind the transaction's end.
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
