import { stringifyDocument } from "@urql/core";
import type { ResultOf } from "gql.tada";
import { type Client, createClient } from "graphql-ws";
import { graphqlUrl } from "../base.ts";
import { ActivityDocument, type Changed } from "./activityDocument.ts";

type LiveState = "connecting" | "live" | "lost";

/** A batch of changes, or the notice that changes were lost and everything must be reloaded. */
export type News = readonly Changed[] | "missed";

/** All live changes of the project: one stream for all pages of the console. */
export type Activity = {
  state(): LiveState;
  onState(listener: () => void): () => void;
  onNews(listener: (news: News) => void): () => void;
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
  let isClosed = false;

  const become = (next: LiveState) => {
    if (next === state) return;
    state = next;
    for (const listener of stateListeners) listener();
  };
  const tell = (news: News) => {
    for (const listener of newsListeners) listener(news);
  };
  const tellWaiting = () => {
    const news = waiting;
    waiting = [];
    tell(news);
  };

  const client = openSocket(become);

  function follow(): void {
    client.subscribe<ResultOf<typeof ActivityDocument>>(
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
          if (!data) return;
          last = data.activity.cursor;
          if (waiting.push(data.activity.node) === 1) setTimeout(tellWaiting, TOGETHER_MS);
        },
        error: (error) => {
          if (isRefusal(error)) return onRefused();
          void begin(isExpired(error));
        },
        complete: () => isClosed || void begin(false),
      },
    );
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
    close() {
      isClosed = true;
      void client.dispose();
    },
  };
}

/** A socket that reconnects whenever it is lost, also if only missing pings show it. */
function openSocket(become: (state: LiveState) => void): Client {
  let socket: WebSocket | undefined;
  let late: ReturnType<typeof setTimeout> | undefined;
  return createClient({
    url: graphqlUrl("ws"),
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (error) => !isRefusal(error),
    retryWait: (retries) =>
      pause(Math.min(LONGEST_WAIT_MS, 250 * 2 ** Math.min(retries, 6)) * (0.5 + Math.random())),
    on: {
      connected: (connected) => {
        socket = connected as WebSocket;
        become("live");
      },
      closed: () => {
        clearTimeout(late);
        become("lost");
      },
      ping: (isReceived) => {
        if (!isReceived) late = setTimeout(() => socket?.close(4408, "no answer"), PONG_MS);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(late);
      },
    },
  });
}
