import type { EmitOptions, Emitted } from "./emit.ts";
import type { Delivery, Emittable, EventOf, Matching, TypeOf, TypePattern } from "./eventTypes.ts";

/** An event of a list. */
export type EmitInput<Events> = {
  [Type in TypeOf<Events>]: { type: Type; data: Emittable<Events[Type]> } & EmitOptions;
}[TypeOf<Events>];

type Following = {
  /** A cursor that was given before: begins after its item. By default it begins now. */
  after?: string | undefined;
  /** Ends the iteration with its reason. */
  signal?: AbortSignal | undefined;
};

/** A client of one hub. `Events` maps each type to its data (`signalbox types` writes it). */
export type Client<Events> = {
  /**
   * Emits one event; resolves when it is stored. Throws SignalboxError, such as DATA_INVALID. Calls at the same time go together, and
   * are sent again for up to a minute.
   */
  emit<Type extends TypeOf<Events>>(
    type: Type,
    data: Emittable<Events[Type]>,
    options?: EmitOptions,
  ): Promise<Emitted>;
  /** Emits 1 to 1,000 events, all or none. The paths of its errors begin with the event's index. */
  emitMany(events: readonly EmitInput<Events>[]): Promise<Emitted[]>;
  /** Follows the events of these types (default: all but those of the hub itself). Goes on by itself when the connection ends. */
  events<Pattern extends TypePattern<Events> = "*">(
    options?: Following & {
      types?: readonly Pattern[] | undefined;
      contextId?: string | undefined;
    },
  ): AsyncIterableIterator<{ cursor: string; event: EventOf<Events, Matching<Events, Pattern>> }>;
  /** Follows every change of deliveries. */
  deliveries(
    options?: Following & {
      eventId?: string | undefined;
      hookId?: string | undefined;
      status?: readonly string[] | undefined;
    },
  ): AsyncIterableIterator<{ cursor: string; delivery: Delivery }>;
  /** Runs any query or mutation. A mutation is sent again only when the hub said that nothing of it was done. */
  query<Data = Record<string, unknown>>(document: string, variables?: object): Promise<Data>;
};
