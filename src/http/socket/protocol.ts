import type { GraphQLError } from "graphql";
import {
  CloseCode,
  GRAPHQL_TRANSPORT_WS_PROTOCOL,
  type Message,
  MessageType,
  parseMessage,
} from "graphql-ws";
import type { Caller } from "../../graphql/builder/context.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { writeJson } from "../../util/json/rawJson.ts";
import { scanJson } from "../../util/json/scanJson.ts";
import type { Turns } from "../../util/turns.ts";
import { limitExceeded, limits } from "../gate/limits.ts";
import { newRequest } from "../gate/request.ts";
import type { Authenticate } from "../post/caller.ts";
import { type KeyMistake, keyMistake } from "../post/keyMistake.ts";
import { isHashOnly, persistedQueryNotSupported } from "../post/params.ts";
import { withoutNested } from "../post/withoutNested.ts";
import type { LiveKeys } from "./liveKeys.ts";
import type { SocketChannel } from "./socketChannel.ts";
import { createSocketOperations, type SocketOperationDeps } from "./socketOperations.ts";

export type ProtocolDeps = SocketOperationDeps & {
  authenticate: Authenticate;
  turns: Turns;
  /** Limits open sockets. */
  sockets: LiveKeys;
};

/**
 * Levels of the message, payload and `variables`, plus a few, so that `prepare` reports a variable
 * that is slightly too deep.
 */
const MESSAGE_LEVELS = limits.variablesDepth + 10;

/** Where to send the key. A close frame holds at most 123 bytes. */
const KEY_HINT =
  'send {"authorization": "Bearer <key>"} in connection_init, or the Authorization header of the upgrade request';
const mistakes: Readonly<Record<KeyMistake, string>> = {
  missing: "No key",
  "no scheme": "No Bearer",
  placeholder: "Placeholder",
  wrong: "Wrong key",
};

/**
 * The `authorization` of `connection_init` (case-insensitive), which overrides that of the upgrade
 * request.
 */
function authorizationOf(
  payload: Readonly<Record<string, unknown>> | undefined,
  upgrade: string | undefined,
): string | null {
  const entry = Object.entries(payload ?? {}).find(
    ([name, value]) => name.toLowerCase() === "authorization" && value != null,
  );
  return entry ? String(entry[1]) : (upgrade ?? null);
}

/** An operation that is rejected before it is read in full. */
type Refused = { id: string; error: GraphQLError };

type Operation = { id: string; payload?: Record<string, unknown> | null };
const isOperation = (message: object): message is Operation =>
  "type" in message &&
  message.type === MessageType.Subscribe &&
  "id" in message &&
  typeof message.id === "string" &&
  message.id !== "";

/** Parses a client's message; undefined if it is invalid. */
function readMessage(data: Buffer): Message | Refused | undefined {
  try {
    const text = data.toString();
    const scan = scanJson(text);
    if (scan.depth > MESSAGE_LEVELS) {
      const message = JSON.parse(withoutNested(text));
      const error = limitExceeded("Levels of a variable", limits.variablesDepth, "more");
      return isOperation(message) ? { id: message.id, error } : undefined;
    }
    const message = parseJson(text, scan) as object;
    return isOperation(message) && isHashOnly(message.payload ?? {})
      ? { id: message.id, error: persistedQueryNotSupported() }
      : parseMessage(message);
  } catch {
    return undefined;
  }
}

/**
 * graphql-transport-ws with our checks, limits and close codes. The message types come from
 * graphql-ws. Its server is not used (6.4.2): it identifies operations by id only, so a reused id
 * confuses two of them, and an error in one operation closes the socket.
 * An invalid key closes with 4401, after which graphql-ws's client does not retry. 4403, after
 * which it does, is for a key that was valid before.
 */
export function createProtocol(deps: ProtocolDeps) {
  const { authenticate, maskError, sockets, turns } = deps;

  return (channel: SocketChannel, upgradeAuthorization: string | undefined): void => {
    let caller: Caller | undefined;
    let hasBegun = false;
    let isOver = false;
    let release = () => {};
    const send = (message: object) => {
      if (caller && !sockets.isLive(caller.keyId)) channel.close(CloseCode.Forbidden, "revoked");
      return channel.send(writeJson(message));
    };
    const operations = createSocketOperations(deps, send);
    const bad = () => channel.close(CloseCode.BadRequest, "Invalid message received");

    const initTimer = setTimeout(() => {
      channel.close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout");
    }, limits.initMs);
    channel.onEnd(() => {
      isOver = true;
      clearTimeout(initTimer);
      operations.stopAll();
      release();
    });
    if (channel.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      channel.close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
      return;
    }

    async function connect(payload: Record<string, unknown> | undefined): Promise<void> {
      if (hasBegun) {
        return channel.close(CloseCode.TooManyInitialisationRequests, "one connection_init");
      }
      hasBegun = true;
      clearTimeout(initTimer);
      const authorization = authorizationOf(payload, upgradeAuthorization);
      let found: Caller | null;
      try {
        found = await authenticate(authorization);
      } catch (error) {
        return channel.close(1013, maskError(error, newRequest("connection_init")).message);
      }
      if (isOver) return;
      if (!found) {
        const mistake = mistakes[keyMistake(authorization)];
        return channel.close(CloseCode.Unauthorized, `${mistake}: ${KEY_HINT}`);
      }
      let counted: (() => void) | undefined;
      try {
        counted = sockets.open(found, (reason) =>
          reason === "revoked"
            ? channel.close(CloseCode.Forbidden, reason)
            : channel.close(1012, reason),
        );
      } catch (error) {
        return channel.close(4429, maskError(error, newRequest("connection_init")).message);
      }
      if (!counted) return channel.close(4429, `at most ${limits.streamsPerKey} sockets a key`);
      release = counted;
      caller = found;
      await send({ type: MessageType.ConnectionAck });
    }

    function subscribe(id: string): Caller | undefined {
      if (!caller) {
        channel.close(CloseCode.Unauthorized, "no connection_init was acknowledged yet");
      } else if (!sockets.isLive(caller.keyId)) {
        channel.close(CloseCode.Forbidden, "revoked");
      } else if (id.length > limits.idCharacters) {
        channel.close(CloseCode.BadRequest, `at most ${limits.idCharacters} characters an id`);
      } else if (operations.has(id)) {
        channel.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
      } else return caller;
      return undefined;
    }

    const turn = () => turns.take(caller?.projectId ?? channel.address);
    channel.onMessage(async (data) => {
      const message = readMessage(data);
      if (!message) return bad();
      if ("error" in message) {
        return subscribe(message.id) && operations.refuse(message.id, [message.error]);
      }
      switch (message.type) {
        case MessageType.ConnectionInit:
          return connect(message.payload);
        case MessageType.Ping:
          return send({ type: MessageType.Pong, payload: message.payload });
        case MessageType.Pong:
          return;
        case MessageType.Subscribe: {
          const by = subscribe(message.id);
          return by && operations.run(by, message, data.length);
        }
        case MessageType.Complete:
          return operations.stop(message.id);
        default:
          return bad();
      }
    }, turn);
  };
}
