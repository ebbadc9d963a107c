import type postgres from "postgres";
import type { Address } from "../address.ts";

/** Where raw SQL can run: the pool itself, one transaction, or either. */
export type Sql = postgres.ISql;
export type Tx = Sql & { readonly isTransaction: true };
export type Pool = Sql & {
  /** Where its connections lead. */
  readonly address: Address;
  begin: Begin;
  /** Takes no more, and waits for what it has taken: for so many seconds, if told. */
  end(within?: { timeout?: number }): Promise<void>;
};

/** Called with the bytes of an answer as they come; what it throws ends the transaction. */
export type Meter = (bytes: number) => void;

/**
 * Runs `work` in a transaction, `mode` as in BEGIN: committed when it succeeds, rolled back when it, or any of its
 * statements, fails. A broken connection is told at once, whatever `work` does at that moment.
 */
export type Begin = {
  <Result>(work: (tx: Tx) => PromiseLike<Result> | Result): Promise<Result>;
  <Result>(
    mode: string,
    work: (tx: Tx) => PromiseLike<Result> | Result,
    meter?: Meter,
  ): Promise<Result>;
};

/** A statement of postgres.js, with what its types do not tell: who sends it, and how it is refused. */
export type Statement = Promise<unknown> & {
  handler: (statement: Statement) => void;
  reject(error: unknown): void;
};

type Send = (statement: Statement) => void;

/** The statement, to be sent by `send` as it is awaited. */
export const sentBy = (send: Send, made: unknown): Statement =>
  Object.assign(made as Statement, { handler: send });

/** What statements and their parts are made with. */
export function createSql(maker: postgres.Sql, send: Send): Sql {
  const sql = (first: unknown, ...rest: unknown[]) => {
    const made: unknown = Reflect.apply(maker, undefined, [first, ...rest]);
    return (first as TemplateStringsArray).raw ? sentBy(send, made) : made;
  };
  return Object.assign(sql, {
    unsafe: (...args: Parameters<Sql["unsafe"]>) => sentBy(send, maker.unsafe(...args)),
    notify: (channel: string, payload: string) => sql`select pg_notify(${channel}, ${payload})`,
    ...{ types: maker.types, typed: maker.typed, array: maker.array, json: maker.json },
  }) as unknown as Sql;
}
