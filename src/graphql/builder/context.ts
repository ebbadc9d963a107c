import { contextCacheSymbol, initContextCache } from "@pothos/core";
import type { OperationTypeNode } from "graphql";
import type { Db, Sql } from "../../db/connection/client.ts";
import type { Role } from "../../db/project/apiKeys.ts";
import type { Read, ReadPools } from "../../db/read/readPools.ts";
import type { PressServices } from "../../domain/action/press.ts";
import type { EmitInTransaction } from "../../domain/emit/emitInTransaction.ts";
import type { Emitter } from "../../domain/emit/emitter.ts";
import type { HookServices } from "../../domain/hook/hook.ts";
import type { TenantPrograms } from "../../domain/program/tenantPrograms.ts";
import type { Caller } from "../../domain/project/authenticator.ts";
import type { ProjectConfigs } from "../../domain/project/projectConfig.ts";
import type { ScheduleServices } from "../../domain/schedule/schedule.ts";
import type { WorkflowServices } from "../../domain/workflow/workflow.ts";
import type { Entities } from "../../live/entities.ts";
import type { Feed } from "../../live/feed.ts";
import type { Wait } from "../../live/waiter.ts";
import type { Shares } from "../../util/shares.ts";
import type { Turns } from "../../util/turns.ts";
import { createRequestBudget, type RequestBudget } from "../gate/requestBudget.ts";

export type { Caller };

/** What each role may do. domain/project/roles.ts has the operations of each. */
export const roles = {
  ADMIN: "May use every operation.",
  EMITTER: "Emits events. In the answer it reads only the event's own fields.",
  OPERATOR:
    "Reads everything, also the audit log, but no API keys. Presses actions; pauses, resumes, enables, tests and backfills hooks; releases blocked keys; retries and replays deliveries and cancels replays; reruns workflows; pauses, resumes and runs schedules.",
  VIEWER: "Reads everything except API keys and the audit log, and subscribes.",
} as const satisfies Record<Role, string>;
export type { Role };

/** The hub's version and settings, as the query `hub` shows them. */
export type HubFacts = {
  version: string;
  retentionDays: number;
  publicUrl: () => string;
  traceUrl: string | null;
  bodyBytes: number;
  documentCost: number;
  operationMs: number;
};

/** The services that resolvers use. */
export type Hub = {
  /** For writes, which pass the project id themselves. Resolvers read with `Context.read`. */
  db: Db;
  /** Reads from the primary. */
  read: Read;
  /** For one query. */
  forQuery: ReadPools["forQuery"];
  /** Notes how far a client has seen a project's feed. */
  noteSeen: ReadPools["noteSeen"];
  emitter: Emitter;
  emitInTransaction: EmitInTransaction;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  hooks: HookServices;
  schedules: ScheduleServices;
  workflows: WorkflowServices;
  feed: Feed;
  entities: Entities;
  presses: PressServices;
  facts: HubFacts;
  turns: Turns;
  /** Limits concurrent subscriptions. */
  subscriptions: Shares;
  /** Limits concurrent calls with `waitMs`. */
  waits: Shares;
  /** Limits the memory of requests in progress, in MiB: rows read and answers built. */
  memory: Shares;
  waitForEvents: Wait;
  waitForPresses: Wait;
  /** Invalidates a revoked key at once in this process. */
  forgetKey(keyId: string): void;
};

/** The context of resolvers; a new one for each operation. */
export type Context = {
  caller: Caller;
  hub: Hub;
  requestId: string;
  /** The trace of the request (src/util/traceContext.ts). */
  trace: string | null;
  /** The remaining budget of this request, or of the current item of a subscription. */
  budget: RequestBudget;
  /** Aborts when the client's connection has ended. */
  ended?: AbortSignal | undefined;
  /**
   * The only way for a resolver to read the database: row-level security limits it to the caller's
   * project. Mutations and subscriptions read from the primary; a query may read from a standby.
   */
  read<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T>;
  /** Loaders cache rows under this object. */
  [contextCacheSymbol]: object;
};

/** Creates the context of one operation. */
export function createContext(
  hub: Hub,
  caller: Caller,
  { requestId, trace }: Pick<Context, "requestId" | "trace">,
  kind: OperationTypeNode,
  ended?: AbortSignal,
): Context {
  let readAs: Read | undefined;
  const context: Context = {
    caller,
    hub,
    requestId,
    trace,
    budget: createRequestBudget(hub.memory, caller.projectId),
    ended,
    read(work) {
      const { budget } = context;
      readAs ??= kind === "query" ? hub.forQuery() : hub.read;
      return readAs(
        caller.projectId,
        (sql) => {
          // Throws if the request has exceeded its budget while it waited for a connection.
          budget.spend("readBytes", 0);
          return work(sql);
        },
        (bytes) => budget.spend("readBytes", bytes),
      );
    },
    ...initContextCache(),
  };
  return context;
}

/** Clears the loaders' caches. */
export const forgetLoaded = (context: Context): void => {
  Object.assign(context, initContextCache());
};

/**
 * Starts the next item of a subscription. All items share one context, but each reads fresh rows
 * and has its own budget.
 */
export const beginItem = (context: Context): void => {
  forgetLoaded(context);
  context.budget.release();
  context.budget = createRequestBudget();
};
