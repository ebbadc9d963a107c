import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLSchema } from "graphql";
import type { SecretBox } from "../domain/project/secretBox.ts";
import { assertRolesComplete } from "../graphql/gate/roles.ts";
import type { Logger } from "../log.ts";
import { createShares } from "../util/shares.ts";
import type { Turns } from "../util/turns.ts";
import { maxConnections } from "./connections.ts";
import type { Door } from "./door/door.ts";
import { createDoors } from "./door/doors.ts";
import { createBounded } from "./gate/bounded.ts";
import { limits } from "./gate/limits.ts";
import { createMaskError } from "./gate/maskError.ts";
import { createValidateOperation } from "./gate/prepare.ts";
import { send } from "./headers.ts";
import { createOrigins } from "./origins.ts";
import { builtFolder, createBuiltFiles, wantsPage } from "./page/builtFiles.ts";
import { createConsole } from "./page/console.ts";
import { createDocs } from "./page/docs.ts";
import { createGraphiql } from "./page/graphiql.ts";
import type { Authenticate } from "./post/caller.ts";
import { createGraphqlPost } from "./post/graphqlPost.ts";
import { type ContextOf, createEngine } from "./post/yoga.ts";
import { pathPrefix } from "./prefix.ts";
import { createSessions } from "./session/sessions.ts";
import { trackLiveKeys } from "./socket/liveKeys.ts";
import { createWebSockets, type WebSockets } from "./socket/websocket.ts";

export type ApiDeps = {
  schema: GraphQLSchema;
  /** The doors beside GraphQL. */
  doors: readonly Door[];
  contextOf: ContextOf;
  turns: Turns;
  authenticate: Authenticate;
  /** Seals the sessions of the console. */
  box: SecretBox;
  /**
   * Whether an authenticated key is still valid. Called every second for each key with an open
   * stream.
   */
  isKeyLive: (keyId: string) => boolean;
  publicUrl?: string | undefined;
  /** Other origins whose pages may call the API. */
  allowedOrigins?: readonly string[];
};

/** Everything at /graphql (operations, GraphiQL, websockets), the other doors, the console and its sessions, the documentation. Disposing ends the streams. */
type Api = AsyncDisposable & {
  graphql(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Undefined for a path that is of none of the other doors. */
  door: ReturnType<typeof createDoors>;
  upgrade: WebSockets["upgrade"];
  session(req: IncomingMessage, res: ServerResponse): Promise<void>;
  console: ReturnType<typeof createConsole>;
  docs: ReturnType<typeof createDocs>;
};

/** Assembles the API. Throws if a root field has no roles. */
export function createApi(deps: ApiDeps, log: Logger): Api {
  const { schema, contextOf, authenticate, isKeyLive, turns } = deps;
  const { publicUrl, allowedOrigins = [] } = deps;
  assertRolesComplete(schema);
  const maskError = createMaskError(log);
  const bounded = createBounded();
  const engine = createEngine(schema, contextOf, maskError, bounded);
  const prepare = createValidateOperation(schema);
  const origins = createOrigins({ publicUrl, allowed: allowedOrigins }, log);
  const streamSlots = createShares({
    what: "sockets and event streams",
    total: Math.min(limits.streamsPerProcess, Math.floor(maxConnections / 2)),
  });
  const streams = trackLiveKeys(isKeyLive, limits.streamsPerKey, streamSlots);
  const sockets = trackLiveKeys(isKeyLive, limits.streamsPerKey, streamSlots);
  const requestBytes = createShares({
    what: "bytes of requests",
    total: limits.requestBytesPerProcess,
  });
  const answerBytes = createShares({
    what: "bytes of answers that have not been read",
    total: limits.memoryMiB * 2 ** 20,
    each: limits.memoryMiBOfProject * 2 ** 20,
  });
  const requests = createShares({ what: "requests in flight", total: maxConnections });
  const shared = { engine, prepare, authenticate, maskError, turns, requestBytes };
  const answering = { requests, answerBytes, streams };
  const post = createGraphqlPost({ ...shared, ...answering });
  const door = createDoors({
    ...{ doors: deps.doors, authenticate, maskError, turns, requestBytes },
    ...{ ...answering, contextOf, bounded, origins },
  });
  const websockets = createWebSockets({ ...shared, sockets, log, origins });
  const prefix = pathPrefix(publicUrl);
  const sessions = createSessions({ box: deps.box, authenticate, origins, pathPrefix: prefix });
  const consoleFiles = createBuiltFiles(
    builtFolder("console"),
    prefix === "" ? undefined : (text) => text.replaceAll(/(?<=(src|href)=")(?=\/)/g, prefix),
  );
  const docsFiles = createBuiltFiles(
    builtFolder("docs"),
    prefix === "" ? undefined : (text) => text.replaceAll("/docs/", `${prefix}/docs/`),
  );
  const graphiql = createGraphiql(consoleFiles);
  return {
    async graphql(req, res) {
      if (req.method === "GET" && wantsPage(req)) return graphiql(req, res);
      const refuse = (message: string) => {
        const errors = [{ message, extensions: { code: "FORBIDDEN" } }];
        send(res, 403, "application/json; charset=utf-8", JSON.stringify({ errors }));
      };
      if (origins.answer(req, res, { methods: ["POST"], refuse })) return;
      sessions.admit(req);
      await post(req, res);
    },
    door,
    upgrade(req, socket, head) {
      sessions.admit(req);
      websockets.upgrade(req, socket, head);
    },
    session: sessions.answer,
    console: createConsole(consoleFiles),
    docs: createDocs(docsFiles, prefix),
    async [Symbol.asyncDispose]() {
      streams[Symbol.dispose]();
      await websockets[Symbol.asyncDispose]();
    },
  };
}
