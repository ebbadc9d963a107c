import { contextCacheSymbol, initContextCache } from "@pothos/core";

/** What a key may do: contract.md, Roles. */
export const roles = {
  ADMIN: "Everything.",
  EMITTER: "Emits events, and reads of the answer the event's own fields.",
  OPERATOR: "Reads everything but keys, and retries and replays deliveries.",
  VIEWER: "Reads everything but keys, and subscribes.",
} as const;
export type Role = keyof typeof roles;

/** Who calls: the key, and through it the one project that this caller can see. */
export type Caller = { projectId: string; keyId: string; keyName: string; role: Role };

/** The services that resolvers reach. */
// biome-ignore lint/suspicious/noEmptyInterface: the composition root's services are declared with them
export interface Hub {}

/** What every resolver gets: made anew for each operation. */
export type Context = {
  caller: Caller;
  hub: Hub;
  requestId: string;
  /** Loaders remember rows under this object. */
  [contextCacheSymbol]: object;
};

/** The context of one operation. */
export const createContext = (hub: Hub, caller: Caller, requestId: string): Context => ({
  caller,
  hub,
  requestId,
  ...initContextCache(),
});

/**
 * Makes loaders forget what they have read. A subscription keeps one context for all of its events, so without
 * this every event would show the rows of the first.
 */
export const forgetLoaded = (context: Context): void => {
  Object.assign(context, initContextCache());
};
