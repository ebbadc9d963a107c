import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Caller, createContext, type Hub } from "../../src/graphql/builder/context.ts";
import { createDoors } from "../../src/http/door/doors.ts";
import { renderProblem } from "../../src/http/door/failure.ts";
import { createBounded } from "../../src/http/gate/bounded.ts";
import { createMaskError } from "../../src/http/gate/maskError.ts";
import { createValidateOperation } from "../../src/http/gate/prepare.ts";
import { createOrigins } from "../../src/http/origins.ts";
import { createGraphqlPost } from "../../src/http/post/graphqlPost.ts";
import { type ContextOf, createEngine } from "../../src/http/post/yoga.ts";
import { trackLiveKeys } from "../../src/http/socket/liveKeys.ts";
import { createLogger } from "../../src/log.ts";
import { createShares, type Shares } from "../../src/util/shares.ts";
import { createTurns } from "../../src/util/turns.ts";
import { schema } from "../fixtures/frame.ts";

const caller: Caller = { projectId: "p", keyId: "k", keyName: "k", role: "ADMIN" };
const hub = {} as Hub; // neither the schema nor the door reaches any of its services

/** Resolves when the response's client has left. */
const left = async (res: ServerResponse) => {
  if (!res.destroyed) await once(res, "close");
};

type Setup = {
  shares: Record<"requests" | "requestBytes" | "answerBytes" | "slots", Shares>;
  /** How far the last request came. */
  handled: number;
  endedEarly: boolean | undefined;
  /** The client leaves at this point. */
  leaves: "authenticate" | "handle";
  server: ReturnType<typeof createServer>;
  done: Promise<void>;
};
let at: Setup;
let client: Socket | undefined;

beforeEach(async () => {
  const share = (what: string) => createShares({ what, total: 1_000_000 });
  const shares = {
    ...{ requests: share("requests"), requestBytes: share("bytes") },
    ...{ answerBytes: share("answers"), slots: share("streams") },
  };
  const log = createLogger("silent");
  const maskError = createMaskError(log);
  const bounded = createBounded();
  const contextOf: ContextOf = (...call) => createContext(hub, ...call);
  let current: ServerResponse;
  /** The client leaves, and the server has noticed. */
  const leave = async () => {
    client?.destroy();
    await left(current);
  };
  const common = {
    ...{ ...shares, maskError, turns: createTurns() },
    streams: trackLiveKeys(() => true, 100, shares.slots),
    authenticate: async () => {
      if (at.leaves === "authenticate") await leave();
      return caller;
    },
  };
  const read = { method: "GET", operation: "Query.hooks" } as const;
  const handle = async ({
    context: { ended },
  }: {
    context: { ended?: AbortSignal | undefined };
  }) => {
    at.handled++;
    await leave();
    at.endedEarly = ended?.aborted;
    return { status: 200, body: "x".repeat(100_000) };
  };
  const door = createDoors({
    ...{ ...common, contextOf, bounded },
    origins: createOrigins({ publicUrl: undefined, allowed: [] }, log),
    doors: [
      {
        prefixes: ["/v1/"],
        routes: [
          { ...read, path: "/v1/things", handle },
          { ...read, path: "/v1/waits", waitsMs: 30_000, handle },
        ],
        renderFailure: renderProblem,
      },
    ],
  });
  const post = createGraphqlPost({
    ...common,
    engine: createEngine(schema, contextOf, maskError, bounded),
    prepare: createValidateOperation(schema),
  });
  const finished = Promise.withResolvers<void>();
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    current = res;
    const path = req.url ?? "";
    const answered = path === "/graphql" ? post(req, res) : door(req, res, path);
    answered?.then(finished.resolve, finished.reject);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  at = {
    shares,
    handled: 0,
    endedEarly: undefined,
    leaves: "handle",
    server,
    done: finished.promise,
  };
});
afterEach(() => {
  client?.destroy();
  at.server.close();
});

async function send(method: string, path: string, body = ""): Promise<void> {
  client = connect((at.server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  const accept = "accept: text/event-stream, application/json\r\ncontent-type: application/json";
  const head = `${method} ${path} HTTP/1.1\r\nhost: a\r\n${accept}\r\n`;
  client.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  await at.done;
}

const held = () => Object.values(at.shares).map((share) => share.held("p"));

test.each([
  ["GET", "/v1/things", ""],
  ["GET", "/v1/waits", ""],
  ["POST", "/graphql", JSON.stringify({ query: "{ viewer { keyName } }" })],
  ["POST", "/graphql", JSON.stringify({ query: "subscription { eventEmitted { cursor } }" })],
])(
  "%s %s whose client leaves while its key is checked does nothing and holds nothing",
  async (...request) => {
    at.leaves = "authenticate";
    await send(...request);
    expect([at.handled, held()]).toEqual([0, [0, 0, 0, 0]]);
  },
);

test.each(["/v1/things", "/v1/waits"])(
  "GET %s whose client leaves while it is handled ends early and holds nothing",
  async (path) => {
    await send("GET", path);
    expect([at.handled, at.endedEarly, held()]).toEqual([1, true, [0, 0, 0, 0]]);
  },
);
