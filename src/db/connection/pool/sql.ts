import type postgres from "postgres";
import type { Address } from "../address.ts";
import { type Send, type Statement, statementsOf } from "./statement.ts";

/** Where raw SQL can run: the pool itself, one transaction, or either. */
export type Sql = postgres.ISql & {
  /** Whether the database has its projects on nodes (nodes/nodes.ts): some statements are others then. */
  readonly isDistributed?: boolean;
};
export type Tx = Sql & { readonly isTransaction: true };
/** The nodes of a database that is distributed: each has whole projects, and a pool of its own. */
export type Nodes = {
  /** Does `work` on the node that has a project's rows: anew, should they move to another one just then. */
  at<Result>(projectId: string, work: (sql: Pool) => PromiseLike<Result>): Promise<Result>;
  end(within?: { timeout?: number }): Promise<void>;
};
export type Pool = Sql & {
  /** Where its connections lead. */
  readonly address: Address;
  /** The nodes that have the rows of projects, if the database is distributed. */
  readonly nodes?: Nodes;
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

export type MakeSql = {
  (send: Send): Sql;
  /** A statement without values, to be sent so. */
  statement(text: string, send: Send): Statement;
};

/** What statements and their parts are made with: each is sent by `send` as it is awaited. */
export function sqlMaker(maker: postgres.Sql, isDistributed: boolean): MakeSql {
  const Own = statementsOf(maker);
  const unsafe = (send: Send, text: string, args: readonly unknown[], options: object) =>
    new Own([text], args, send, { prepare: false, simple: args.length === 0, ...options });
  const createSql = (send: Send): Sql => {
    const sql = (first: unknown, ...rest: unknown[]) =>
      (first as TemplateStringsArray).raw
        ? new Own(first as TemplateStringsArray, rest, send, {})
        : Reflect.apply(maker, undefined, [first, ...rest]);
    return Object.assign(sql, {
      isDistributed,
      unsafe: (text: string, args: readonly unknown[] = [], options: object = {}) =>
        unsafe(send, text, args, options),
      notify: (channel: string, payload: string) => sql`select pg_notify(${channel}, ${payload})`,
      ...{ types: maker.types, typed: maker.typed, array: maker.array, json: maker.json },
    }) as unknown as Sql;
  };
  return Object.assign(createSql, {
    statement: (text: string, send: Send) => unsafe(send, text, [], {}),
  });
}
