import { stringifyDocument } from "@urql/core";
import type { ResultOf } from "gql.tada";
import { type Client, createClient } from "graphql-ws";
import { graphqlUrl } from "../base.ts";
import { hubNow } from "../ui/time/hubClock.ts";
import { ActivityDocument, type Changed } from "./activityDocument.ts";

/** `offline`: the connection is lost, and the browser says that it has no network. */
type LiveState = "connecting" | "live" | "lost" | "offline";

/** A batch of changes, or the notice that changes were lost and everything must be reloaded. */
export type News = readonly Changed[] | "missed";

/** All live changes of the project: one stream for all pages of the console. */
export type Activity = {
  state(): LiveState;
  onState(listener: () => void): () => void;
  onNews(listener: (news: News) => void): () => void;
  /** How many seconds ago the last change happened that has arrived, while more are on their way; else 0. */
  behind(): number;
  /** Leaves out the changes that are still on their way: everything is reloaded as it is now. */
  jump(): Promise<void>;
  /** Tries to reconnect at once. */
  reconnect(): void;
  close(): void;
};

type Options = {
  /** The start cursor. Anything read after it includes all earlier changes. */
  cursor: string;
  readCursor: () => Promise<string | undefined>;
  onRefused: () => void;
};

/** Changes are delivered in batches, to limit how often pages render. */
const TOGETHER_MS = 60;
const PING_MS = 10_000;
const PONG_MS = 5_000;
const LONGEST_WAIT_MS = 5_000;
/** A shorter delay is not worth a notice. */
const BEHIND_SECONDS = 5;
/** Without a change for so long, none is on its way. */
const QUIET_MS = 1_500;
/** The close codes for an unknown and for a revoked key. */
const KEY_REFUSED = [4401, 4403];

const isClose = (error: unknown): error is CloseEvent =>
  typeof error === "object" && error !== null && "code" in error && "wasClean" in error;
const isRefusal = (error: unknown) => isClose(error) && KEY_REFUSED.includes(error.code);
const isExpired = (error: unknown) =>
  Array.isArray(error) && error.some(({ extensions }) => extensions?.code === "CURSOR_EXPIRED");
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Follows the feed from a cursor. A lost connection is reopened and continues after the last
 * change, so that none is missed or repeated. Nothing is polled.
 */
export function createActivity({ cursor, readCursor, onRefused }: Options): Activity {
  const stateListeners = new Set<() => void>();
  const newsListeners = new Set<(news: News) => void>();
  let state: LiveState = "connecting";
  let waiting: Changed[] = [];
  let last = cursor;
  let behind = 0;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  let isClosed = false;

  const tellState = () => {
    for (const listener of stateListeners) listener();
  };
  const become = (next: LiveState) => {
    if (next === state) return;
    state = next;
    tellState();
  };
  const fallBehind = (seconds: number) => {
    const next = seconds < BEHIND_SECONDS ? 0 : Math.floor(seconds);
    if (next === behind) return;
    behind = next;
    tellState();
  };
  const tell = (news: News) => {
    for (const listener of newsListeners) listener(news);
  };
  const tellWaiting = () => {
    const news = waiting;
    waiting = [];
    tell(news);
  };

  const { client, wake } = openSocket(become);
  const leave = () => {
    become("offline");
    client.terminate();
  };
  addEventListener("offline", leave);
  addEventListener("online", wake);

  function follow(): void {
    let isCurrent = true;
    const unsubscribe = client.subscribe<ResultOf<typeof ActivityDocument>>(
      {
        query: stringifyDocument(ActivityDocument),
        // Evaluated for every connection.
        variables: {
          get after() {
            return last;
          },
        },
      },
      {
        next: ({ data }) => {
          if (!data || !isCurrent) return;
          last = data.activity.cursor;
          fallBehind((hubNow() - Date.parse(data.activity.at)) / 1_000);
          clearTimeout(quiet);
          quiet = setTimeout(() => fallBehind(0), QUIET_MS);
          if (waiting.push(data.activity.node) === 1) setTimeout(tellWaiting, TOGETHER_MS);
        },
        error: (error) => {
          if (!isCurrent) return;
          if (isRefusal(error)) return onRefused();
          void begin(isExpired(error));
        },
        complete: () => {
          if (isCurrent && !isClosed) void begin(false);
        },
      },
    );
    stop = () => {
      isCurrent = false;
      unsubscribe();
    };
  }

  /** Restarts after the stream ended although the connection did not. */
  async function begin(hasMissed: boolean): Promise<void> {
    become("lost");
    await pause(1_000);
    const now = hasMissed ? await readCursor() : last;
    if (isClosed) return;
    if (now === undefined) return begin(hasMissed);
    last = now;
    if (hasMissed) tell("missed");
    follow();
  }

  follow();
  return {
    state: () => state,
    onState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    onNews(listener) {
      newsListeners.add(listener);
      return () => newsListeners.delete(listener);
    },
    behind: () => behind,
    async jump() {
      const now = await readCursor();
      if (now === undefined || isClosed) return;
      const stopOld = stop;
      last = now;
      waiting.length = 0;
      // First, since a client without a subscription closes its socket.
      follow();
      stopOld();
      fallBehind(0);
      tell("missed");
    },
    reconnect: wake,
    close() {
      isClosed = true;
      clearTimeout(quiet);
      removeEventListener("offline", leave);
      removeEventListener("online", wake);
      void client.dispose();
    },
  };
}

/** A socket that reconnects whenever it is lost, also if only missing pings show it; `wake` ends the wait before that. */
function openSocket(become: (state: LiveState) => void): { client: Client; wake: () => void } {
  let socket: WebSocket | undefined;
  let late: ReturnType<typeof setTimeout> | undefined;
  let wake = () => {};
  const client = createClient({
    url: graphqlUrl("ws"),
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (error) => !isRefusal(error),
    retryWait: (retries) => {
      const ms = Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(retries, 6)) * (0.5 + Math.random());
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      return Promise.race([pause(ms), woken]);
    },
    on: {
      connected: (connected) => {
        socket = connected as WebSocket;
        become("live");
      },
      closed: () => {
        clearTimeout(late);
        become(navigator.onLine ? "lost" : "offline");
      },
      ping: (isReceived) => {
        if (!isReceived) late = setTimeout(() => socket?.close(4408, "no answer"), PONG_MS);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(late);
      },
    },
  });
  return { client, wake: () => wake() };
}
