import type postgres from "postgres";
import type { Address } from "../address.ts";
import { type Send, type Statement, statementsOf } from "./statement.ts";

/** Where raw SQL can run: the pool, a transaction, or either. */
export type Sql = postgres.ISql & {
  /** Whether projects are distributed over nodes (nodes/nodes.ts): some statements differ then. */
  readonly isDistributed?: boolean;
};
export type Tx = Sql & { readonly isTransaction: true };
/** The nodes of a distributed database: each holds whole projects and has a pool. */
export type Nodes = {
  /** Runs `work` on the node that holds a project's rows, and again if they are just being moved to another. */
  at<Result>(projectId: string, work: (sql: Pool) => PromiseLike<Result>): Promise<Result>;
  end(within?: { timeout?: number }): Promise<void>;
};
export type Pool = Sql & {
  /** The address of its connections. */
  readonly address: Address;
  /** The nodes, if the database is distributed. */
  readonly nodes?: Nodes;
  begin: Begin;
  /** Accepts no more statements and waits for those accepted, at most `timeout` seconds if given. */
  end(within?: { timeout?: number }): Promise<void>;
};

/** Called with the number of bytes of an answer as they arrive. If it throws, the transaction ends. */
export type Meter = (bytes: number) => void;

/**
 * Runs `work` in a transaction, `mode` as in BEGIN. It commits on success and rolls back if `work` or any of its
 * statements fails. A broken connection rejects at once, whatever `work` is doing.
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
  /** Sends a statement without values as it is. */
  statement(text: string, send: Send): Statement;
};

/** Builds statements and fragments; `send` sends each statement when it is awaited. */
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
