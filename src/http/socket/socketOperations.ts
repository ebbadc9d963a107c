import type { GraphQLError } from "graphql";
import { MessageType, type SubscribeMessage } from "graphql-ws";
import type { Caller } from "../../graphql/builder/context.ts";
import type { Release, Shares } from "../../util/shares.ts";
import { limitExceeded, limits } from "../gate/limits.ts";
import type { MaskError } from "../gate/maskError.ts";
import type { Operation } from "../gate/operation.ts";
import type { ValidateOperation } from "../gate/prepare.ts";
import { newRequest } from "../gate/request.ts";
import { isStream, type Result } from "../post/stream.ts";
import type { Engine } from "../post/yoga.ts";

export type SocketOperationDeps = {
  engine: Engine;
  prepare: ValidateOperation;
  maskError: MaskError;
  /** Bytes of requests that are read or run. */
  requestBytes: Shares;
};

/** The operations of one socket. */
type SocketOperations = {
  /** Whether the client has an operation of this id under way. */
  has(id: string): boolean;
  /**
   * Runs an operation of `bytes` bytes to its end. Failures are sent as its `error` message. Never
   * throws.
   */
  run(
    caller: Caller,
    message: Pick<SubscribeMessage, "id" | "payload">,
    bytes: number,
  ): Promise<void>;
  /** Rejects an operation with an `error` message. */
  refuse(id: string, errors: readonly GraphQLError[]): Promise<void>;
  /** Ends an operation at once. Nothing more is sent for its id. */
  stop(id: string): void;
  stopAll(): void;
};
type Running = { ended: AbortController; isSubscription: boolean; release: Release };

/**
 * Operations are identified by object identity, never by id: a client may reuse an id right after
 * its `complete`, while the previous operation is still ending.
 */
export function createSocketOperations(
  { engine, prepare, maskError, requestBytes }: SocketOperationDeps,
  send: (message: object) => Promise<void>,
): SocketOperations {
  const running = new Map<string, Running>();
  const refuse = (id: string, errors: readonly GraphQLError[]) =>
    send({ id, type: MessageType.Error, payload: errors });

  function tooMany(operation: Operation): GraphQLError | undefined {
    if (running.size > limits.operationsPerSocket) {
      return limitExceeded(
        "Operations in flight on one websocket",
        limits.operationsPerSocket,
        running.size,
      );
    }
    if (operation.kind !== "subscription") return undefined;
    const live = [...running.values()].filter(({ isSubscription }) => isSubscription).length + 1;
    return live > limits.subscriptionsPerSocket
      ? limitExceeded("Subscriptions of one websocket", limits.subscriptionsPerSocket, live)
      : undefined;
  }

  /** Passes the results of an operation to `next`; returns errors if it could not run. */
  async function perform(
    operation: Operation | { errors: readonly GraphQLError[] },
    self: Running,
    next: (result: Result) => Promise<void>,
  ): Promise<readonly GraphQLError[] | undefined> {
    if ("errors" in operation) return operation.errors;
    const excess = tooMany(operation);
    if (excess) return [excess];
    const { signal } = self.ended;
    if (operation.kind !== "subscription") {
      await next(await engine.execute(operation, signal));
      return undefined;
    }
    self.isSubscription = true;
    const results = await engine.subscribe(operation, signal);
    // A running subscription holds little of the request.
    self.release();
    if (!isStream(results)) return results.errors;
    for await (const result of results) await next(result);
    return undefined;
  }

  return {
    has: (id) => running.has(id),
    refuse,
    async run(caller, { id, payload }, bytes) {
      // A websocket sends no headers with an operation.
      const request = newRequest("operation", payload.extensions ?? {});
      const ended = new AbortController();
      const self: Running = { ended, isSubscription: false, release: () => {} };
      const isCurrent = () => running.get(id) === self;
      running.set(id, self);
      let errors: readonly GraphQLError[] | undefined;
      try {
        self.release = requestBytes.take(caller.projectId, bytes);
        errors = await perform(prepare(payload, caller, request), self, async (result) => {
          if (isCurrent()) await send({ id, type: MessageType.Next, payload: result });
        });
      } catch (error) {
        errors = [maskError(error, request)];
      } finally {
        self.release();
        request.span?.end(errors && "failed");
      }
      if (!isCurrent()) return;
      running.delete(id);
      await (errors ? refuse(id, errors) : send({ id, type: MessageType.Complete }));
    },
    stop(id) {
      running.get(id)?.ended.abort();
      running.delete(id);
    },
    stopAll() {
      for (const { ended } of running.values()) ended.abort();
      running.clear();
    },
  };
}
