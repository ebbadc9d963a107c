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
import type { WorkflowServices } from "../../domain/workflow/workflow.ts";
import type { Entities } from "../../live/entities.ts";
import type { Feed } from "../../live/feed.ts";
import type { Wait } from "../../live/waiter.ts";
import type { Shares } from "../../util/shares.ts";
import type { Turns } from "../../util/turns.ts";
import { createRequestBudget, type RequestBudget } from "../gate/requestBudget.ts";

export type { Caller };

/** What a key may do: contract.md, Roles. */
export const roles = {
  ADMIN: "May use every operation.",
  EMITTER: "Emits events. In the answer it reads only the event's own fields.",
  OPERATOR:
    "Reads everything except API keys. Presses actions, retries and replays deliveries, and reruns workflows.",
  VIEWER: "Reads everything except API keys, and subscribes.",
} as const satisfies Record<Role, string>;
export type { Role };

/** What the hub was started with, for people to look up. */
export type HubFacts = {
  version: string;
  retentionDays: number;
  publicUrl: () => string;
  bodyBytes: number;
  documentCost: number;
  operationMs: number;
};

/** The services that resolvers reach. */
export type Hub = {
  /** For changes, which name the project themselves; resolvers read with the context's `read`. */
  db: Db;
  /** From the primary. */
  read: Read;
  /** For one query. */
  forQuery: ReadPools["forQuery"];
  /** Notes up to where somebody was told of a project's feed. */
  noteSeen: ReadPools["noteSeen"];
  emitter: Emitter;
  emitInTransaction: EmitInTransaction;
  configs: ProjectConfigs;
  programs: TenantPrograms;
  hooks: HookServices;
  workflows: WorkflowServices;
  feed: Feed;
  entities: Entities;
  presses: PressServices;
  facts: HubFacts;
  turns: Turns;
  /** Places of subscriptions. */
  subscriptions: Shares;
  /** Places of calls with `waitMs`. */
  waits: Shares;
  /** MiB that requests under way have read and put into answers. */
  memory: Shares;
  waitForEvents: Wait;
  waitForPresses: Wait;
  /** Makes a revoked key stop at once in this process. */
  forgetKey(keyId: string): void;
};

/** What every resolver gets: made anew for each operation. */
export type Context = {
  caller: Caller;
  hub: Hub;
  requestId: string;
  /** What is left for this request; in a subscription, for this item. */
  budget: RequestBudget;
  /** Fires when nobody reads the answer any more: the connection has ended. */
  ended?: AbortSignal | undefined;
  /**
   * The only way a resolver reads the database: as the caller's project, of which alone anything is seen. What a mutation
   * has done, and what a subscription tells of, is there; a query may show what a standby has.
   */
  read<T>(work: (sql: Sql) => PromiseLike<T>): Promise<T>;
  /** Loaders remember rows under this object. */
  [contextCacheSymbol]: object;
};

/** The context of one operation. */
export function createContext(
  hub: Hub,
  caller: Caller,
  requestId: string,
  kind: OperationTypeNode,
  ended?: AbortSignal,
): Context {
  let readAs: Read | undefined;
  const context: Context = {
    caller,
    hub,
    requestId,
    budget: createRequestBudget(hub.memory, caller.projectId),
    ended,
    read(work) {
      const { budget } = context;
      readAs ??= kind === "query" ? hub.forQuery() : hub.read;
      return readAs(
        caller.projectId,
        (sql) => {
          // A request that is over when its turn comes needs no more rows: this throws why.
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

/** Makes loaders forget what they have read. */
export const forgetLoaded = (context: Context): void => {
  Object.assign(context, initContextCache());
};

/**
 * Begins the next item of a subscription, which keeps one context for all of them: each shows the rows of its own
 * time, and has a budget of its own.
 */
export const beginItem = (context: Context): void => {
  forgetLoaded(context);
  context.budget.release();
  context.budget = createRequestBudget();
};
