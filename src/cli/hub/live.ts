import { follow, type Subscription } from "../../client/follow.ts";
import { SignalboxError } from "../../client/signalboxError.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import { callHub, type HubPlace } from "./callHub.ts";
import { HubError } from "./hubError.ts";
import { note } from "./print.ts";

/** Where the feed ends now: what comes after it is new. */
export async function feedEnd(hub: HubPlace): Promise<string> {
  const { feedCursor } = await callHub<{ feedCursor: string }>(hub, "{ feedCursor }");
  return feedCursor;
}

/**
 * Follows a subscription from a cursor until the signal aborts, without a gap however often the connection is lost, and
 * says when it is. Numbers keep their digits. Throws HubError.
 */
export async function* live<Item extends { cursor: string }>(
  hub: HubPlace,
  subscription: Subscription,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<Item, void> {
  let isAway = false;
  const onAway = (why: string) => {
    if (!isAway) note(`The connection is lost (${why}). What is missed comes when it is back.`);
    isAway = true;
  };
  try {
    const endpoint = { url: `${hub.url}/graphql`, key: hub.key, parse: parseJson };
    const items = follow<Item>(endpoint, subscription, after, signal, onAway);
    for await (const item of items) {
      isAway = false;
      yield item;
    }
  } catch (error) {
    if (!(error instanceof SignalboxError)) throw error;
    throw new HubError(`${error.message} (${error.code})`, { cause: error });
  }
}

/** Aborts when the process is to end. A second signal ends it at once. */
export function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => stop.abort());
  return stop.signal;
}
