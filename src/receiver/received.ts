import type { TypeOf } from "../client/eventTypes.ts";

type Fields = {
  /** The event's id, the same on every try: `webhook-id`. */
  id: string;
  /** When it happened, or was due. */
  time: string;
  source: string | null;
  userId: string | null;
  contextId: string | null;
  /** What the event is about, as `<type>/<id>`. */
  subject: string | null;
  /** 1 for the first try. */
  attempt: number;
  deliveryId: string | null;
  headers: Headers;
};

/** A delivery of an event of this type. */
export type Received<Events, Type extends TypeOf<Events> = TypeOf<Events>> = {
  [Name in Type]: Fields & { type: Name; data: Events[Name] };
}[Type];

/** A delivery whose body names no type: a resource, a pressed button, a workflow's step, data alone. `data` is the whole body. */
export type Untyped = Fields & { type: null; data: unknown };
