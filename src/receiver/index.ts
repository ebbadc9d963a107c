import type { TypeOf } from "../client/eventTypes.ts";
import { chunksOf } from "./body.ts";
import { type NodeListener, nodeListener } from "./nodeListener.ts";
import { type Incoming, receive } from "./receive.ts";
import type { Received, Untyped } from "./received.ts";
import { memorySeen, type Seen } from "./seen.ts";
import { keysOf } from "./signature.ts";

export { type PostgresClient, postgresSeen } from "./postgresSeen.ts";
export type { Received, Untyped } from "./received.ts";
export type { Seen } from "./seen.ts";
export { type SignedEvent, signedRequest } from "./signedRequest.ts";

type Handler<Event> = (event: Event) => unknown;

/** Receives the hub's deliveries. */
export type Receiver<Events> = {
  /** Handles events of a type. What throws was not handled: the hub sends it again. */
  on<Type extends TypeOf<Events>>(
    type: Type,
    handler: Handler<Received<Events, Type>>,
  ): Receiver<Events>;
  /** Handles every event, after the handlers of its type. */
  onAny(handler: Handler<Received<Events> | Untyped>): Receiver<Events>;
  /** Answers a request, and never throws. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The same as a request listener of node:http, which Express takes, too. */
  readonly node: NodeListener;
};

/** A receiver that takes what one of the secrets has signed. Throws TypeError on settings that can be none. */
export function createReceiver<Events extends object = Record<string, unknown>>({
  secrets,
  tolerance = 300,
  seen = memorySeen(),
}: {
  secrets: string | readonly string[];
  /** How old a request may be, and how far ahead, in seconds. */
  tolerance?: number;
  seen?: Seen;
}): Receiver<Events> {
  if (!(tolerance > 0)) throw new TypeError(`tolerance is a number of seconds, not ${tolerance}`);
  const keys = keysOf(secrets);
  const handlers: { type: string | null; handler: Handler<never> }[] = [];

  async function handle(event: Received<object> | Untyped) {
    const own = handlers.filter(({ type }) => type !== null && type === event.type);
    const any = handlers.filter(({ type }) => type === null);
    for (const { handler } of [...own, ...any]) await handler(event as never);
  }
  const answer = (incoming: Incoming) => receive({ keys, tolerance, seen, handle }, incoming);

  const receiver: Receiver<Events> = {
    on(type, handler) {
      handlers.push({ type, handler });
      return receiver;
    },
    onAny(handler) {
      handlers.push({ type: null, handler });
      return receiver;
    },
    fetch: ({ method, headers, body, bodyUsed }) =>
      answer({ method, headers, body: bodyUsed ? undefined : chunksOf(body) }),
    node: nodeListener(answer),
  };
  return receiver;
}
