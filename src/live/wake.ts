import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Pool } from "../db/connection/client.ts";
import { listen } from "../db/connection/listen.ts";
import { WAKE_CHANNEL } from "../db/feed/record.ts";
import type { HookQueue } from "../db/queue/jobs.ts";
import type { Logger } from "../log.ts";

/**
 * Signals, by one LISTEN connection per process, that there may be something new to read or send.
 */
export type Wake = AsyncDisposable & {
  /** Calls `listener` at every wake-up. Returns a function that unsubscribes. */
  subscribe(listener: () => void): () => void;
  /** The same without the poll, for listeners that poll by themselves. */
  onHint(listener: () => void): () => void;
  /** Wakes this process now and the others soon, after a commit. */
  announce(): void;
  /** Asks other workers to look at these hooks' queues. */
  ask(queues: HookQueue[]): void;
  /** Calls `listener` with the queues that another process asks for. */
  onAsked(listener: (queues: HookQueue[]) => void): () => void;
};

const ASK_CHANNEL = "signalbox_ask";
/** Queues per NOTIFY, whose payload is limited to 8,000 bytes. */
const ASKED_AT_ONCE = 80;
/** Maximum delay while the connection is down, when notifications are lost. */
const POLL_MS = 2_000;

/** Every database role may NOTIFY, so payloads of another form are ignored. */
const askedForm = z.object({
  from: z.string(),
  queues: z.array(z.object({ projectId: z.uuid(), hookId: z.uuid() })).max(ASKED_AT_ONCE),
});

function readAsked(payload: string): z.infer<typeof askedForm> | undefined {
  try {
    return askedForm.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}

/** Minimum interval between notifications: a NOTIFY in each commit would serialize all commits. */
const ANNOUNCED_EVERY_MS = 20;

/** A set of listeners. `add` returns a function that removes the listener. */
function createListeners<Values extends unknown[]>() {
  const listeners = new Set<(...values: Values) => void>();
  return {
    tell: (...values: Values) => {
      for (const listener of listeners) listener(...values);
    },
    add: (listener: (...values: Values) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    clear: () => listeners.clear(),
  };
}

/** Starts listening. A lost connection is reopened automatically, and its return is a wake-up. */
export async function startWake(url: string, sql: Pool, log: Logger): Promise<Wake> {
  /** Identifies this process's own notifications, which it ignores. */
  const self = randomUUID();
  const subscribers = createListeners();
  const hinted = createListeners();
  const asked = createListeners<[HookQueue[]]>();
  const hint = () => {
    subscribers.tell();
    hinted.tell();
  };
  const listening = await listen(
    url,
    {
      [WAKE_CHANNEL](from) {
        if (from !== self) hint();
      },
      [ASK_CHANNEL](payload) {
        const read = readAsked(payload);
        if (read && read.from !== self) asked.tell(read.queues);
      },
    },
    () => {
      log.debug("listening");
      hint();
    },
  );
  const poll = setInterval(subscribers.tell, POLL_MS);
  let timer: NodeJS.Timeout | undefined;
  let isDue = false;

  /** Only a hint: listeners also poll. */
  const notify = (channel: string, payload: string) =>
    void sql
      .notify(channel, payload)
      .catch((error) => log.debug({ err: error }, "others were not notified"));

  function tellOthers() {
    isDue = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (isDue) tellOthers();
    }, ANNOUNCED_EVERY_MS).unref();
    notify(WAKE_CHANNEL, self);
  }

  return {
    subscribe: subscribers.add,
    onHint: hinted.add,
    announce() {
      hint();
      isDue = true;
      if (!timer) tellOthers();
    },
    ask(queues) {
      for (let at = 0; at < queues.length; at += ASKED_AT_ONCE) {
        // Only these fields: a worker's own entry holds a timer, which is not JSON.
        const some = queues
          .slice(at, at + ASKED_AT_ONCE)
          .map(({ projectId, hookId }) => ({ projectId, hookId }));
        notify(ASK_CHANNEL, JSON.stringify({ from: self, queues: some }));
      }
    },
    onAsked: asked.add,
    async [Symbol.asyncDispose]() {
      clearInterval(poll);
      clearTimeout(timer);
      for (const listeners of [subscribers, hinted, asked]) listeners.clear();
      await listening[Symbol.asyncDispose]();
    },
  };
}
