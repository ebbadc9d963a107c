import { type ExecutionArgs, GraphQLError, type GraphQLSchema } from "graphql";
import { type Context, makeServer, type Server } from "graphql-ws";
import type { Caller } from "../graphql/context.ts";
import { requestError } from "../graphql/requestError.ts";
import type { Authenticate } from "./graphqlPost.ts";
import { limits } from "./limits.ts";
import type { LiveKeys } from "./liveKeys.ts";
import type { MaskError } from "./maskError.ts";
import type { Prepare } from "./prepare.ts";
import { newRequestId } from "./requestId.ts";
import type { SocketChannel } from "./socketChannel.ts";
import { failedStream, isStream } from "./stream.ts";
import type { Engine, Running } from "./yoga.ts";

export type ProtocolDeps = {
  schema: GraphQLSchema;
  engine: Engine;
  prepare: Prepare;
  authenticate: Authenticate;
  maskError: MaskError;
  /** Open sockets. */
  sockets: LiveKeys;
};

/** What is known of one socket. */
export type SocketState = {
  channel: SocketChannel;
  caller: Caller | null;
  /** Ids of its subscriptions. */
  subscriptions: Set<string>;
  /** Fires when it ends. */
  ended: AbortSignal;
  /** Counts the socket out of its key's. */
  forget: () => void;
};
type SocketContext = Context<Record<string, unknown> | undefined, SocketState>;

const closed = [requestError("LIMIT_EXCEEDED", "The socket is closed.")];

/** The key of `connection_init`, under `authorization` in any case. */
function authorizationOf(payload: Readonly<Record<string, unknown>> | undefined): string | null {
  for (const [name, value] of Object.entries(payload ?? {})) {
    if (name.toLowerCase() === "authorization" && typeof value === "string") return value;
  }
  return null;
}

/** graphql-transport-ws with our gate, limits and close codes (contract.md, Limits). */
export function createProtocol(deps: ProtocolDeps): Server<SocketState> {
  const { schema, engine, prepare, authenticate, maskError, sockets } = deps;

  async function connect({ extra, connectionParams }: SocketContext): Promise<boolean> {
    const { channel } = extra;
    let caller: Caller | null;
    try {
      caller = await authenticate(authorizationOf(connectionParams));
    } catch (error) {
      channel.close(1013, maskError(error, newRequestId()).message);
      return false;
    }
    if (!caller) return false;
    const forget = sockets.open(caller.keyId, (reason) =>
      reason === "revoked" ? channel.close(4403, "revoked") : channel.close(1012, "restart"),
    );
    if (!forget) {
      channel.close(4429, `at most ${limits.streamsPerKey} sockets a key`);
      return false;
    }
    extra.forget();
    Object.assign(extra, { caller, forget });
    return true;
  }

  return makeServer<Record<string, unknown> | undefined, SocketState>({
    connectionInitWaitTimeout: limits.initMs,
    onConnect: connect,
    onSubscribe({ extra, subscriptions }, id, payload): ExecutionArgs | readonly GraphQLError[] {
      const { channel, caller } = extra;
      if (!caller || id.length > limits.idCharacters) {
        channel.close(4400, `at most ${limits.idCharacters} characters an id`);
        return closed;
      }
      if (Object.keys(subscriptions).length > limits.operationsPerSocket) {
        channel.close(4429, `at most ${limits.operationsPerSocket} operations in flight`);
        return closed;
      }
      const operation = prepare(payload, caller, newRequestId());
      if ("errors" in operation) return operation.errors;
      if (operation.kind === "subscription") {
        // Those that the client has completed may still be on their way out.
        const live = [...extra.subscriptions].filter((it) => it in subscriptions);
        if (live.length >= limits.subscriptionsPerSocket) {
          channel.close(4429, `at most ${limits.subscriptionsPerSocket} subscriptions a socket`);
          return closed;
        }
        extra.subscriptions.add(id);
      }
      const operationName = payload.operationName || undefined;
      const contextValue: Running = { operation, ended: extra.ended };
      return { schema, document: operation.document, operationName, contextValue };
    },
    execute({ contextValue }) {
      const { operation, ended } = contextValue as Running;
      return engine.execute(operation, ended);
    },
    async subscribe({ contextValue }) {
      const { operation } = contextValue as Running;
      const result = await engine.subscribe(operation);
      // A subscription that cannot start ends with `error`, as one that fails later does.
      return isStream(result) ? result : failedStream(result.errors ?? []);
    },
    // The library wraps what a stream throws, and would lose its code.
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => (error.cause instanceof GraphQLError ? error.cause : error).toJSON()),
    onComplete({ extra }, id) {
      extra.subscriptions.delete(id);
    },
    onClose({ extra }) {
      extra.forget();
    },
  });
}
