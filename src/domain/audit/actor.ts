import { AsyncLocalStorage } from "node:async_hooks";

/** Who acts, by the name that the audit log shows, and the id of the request; empty if no request asked for it. */
export type Actor = { actor: string; requestId: string };

/** The hub itself. */
export const hubItself: Actor = { actor: "signalbox", requestId: "" };
export const commandLine: Actor = { actor: "command line", requestId: "" };

const acting = new AsyncLocalStorage<Actor>();

/**
 * Runs `work` on behalf of an actor: what it writes to the audit log is that actor's. The doors call this once for each
 * request, so that no change has to pass it on. What a request sets going in the hub inherits it, so the hub's own
 * changes name `hubItself`.
 */
export const actAs = <Result>(actor: Actor, work: () => Result): Result => acting.run(actor, work);

export const currentActor = (): Actor => acting.getStore() ?? hubItself;

/** Runs later as the current actor. A batch runs its calls one for all. */
export const asCurrentActor = <Args extends unknown[], Result>(
  work: (...args: Args) => Result,
): ((...args: Args) => Result) => AsyncLocalStorage.bind(work);
