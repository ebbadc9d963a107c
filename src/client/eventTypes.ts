/** The names of the event types. */
export type TypeOf<Events> = keyof Events & string;

/** An exact type, `*`, or a prefix such as `order.*`. */
export type TypePattern<Events> = TypeOf<Events> | "*" | `${string}.*`;

/** The types that a pattern takes. */
export type Matching<Events, Pattern> =
  Pattern extends TypeOf<Events>
    ? Pattern
    : Pattern extends `${infer Prefix}*`
      ? Extract<TypeOf<Events>, `${Prefix}${string}`>
      : never;

/** Data as it may be emitted: a `bigint` wherever the schema has any number. */
export type Emittable<Value> = unknown extends Value
  ? Value
  : Value extends number
    ? number extends Value
      ? number | bigint
      : Value
    : Value extends object
      ? { [Key in keyof Value]: Emittable<Value[Key]> }
      : Value;

type EventFields = {
  id: string;
  /** The version of the type that the data was checked against; null for an unregistered type. */
  typeVersion: number | null;
  name: string;
  category: string | null;
  userId: string | null;
  contextId: string | null;
  subject: { type: string; id: string } | null;
  status: string;
  origin: string;
  idempotencyKey: string | null;
  stepUuid: string | null;
  occurredAt: string;
  receivedAt: string;
  scheduledFor: string | null;
};

/** What is read of an event. Not its source: that is the project's, which the hub would read for each event. */
export const EVENT_FIELDS =
  "id type typeVersion data name category userId contextId subject { type id } status origin idempotencyKey stepUuid occurredAt receivedAt scheduledFor";

/** An event of one of the types; `type` tells which `data` it has. */
export type EventOf<Events, Type extends TypeOf<Events> = TypeOf<Events>> = {
  [Name in Type]: EventFields & { type: Name; data: Events[Name] };
}[Type];

/** A delivery as it was at a change. Its event and its hook can be read by their ids. */
export type Delivery = {
  id: string;
  status: string;
  attemptCount: number;
  maxAttempts: number;
  createdAt: string;
  nextAttemptAt: string | null;
  completedAt: string | null;
  lastError: string | null;
  attempts: {
    number: number;
    startedAt: string;
    elapsedMs: number;
    statusCode: number | null;
    outcome: string;
    error: string | null;
  }[];
  event: { id: string; type: string; userId: string | null };
  hook: { id: string; name: string | null; url: string } | null;
};

/** What is read of a delivery. */
export const DELIVERY_FIELDS =
  "id status attemptCount maxAttempts createdAt nextAttemptAt completedAt lastError attempts { number startedAt elapsedMs statusCode outcome error } event { id type userId } hook { id name url }";
