import type { KeyObject } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { HookFormat } from "../../db/hook/hooks.ts";
import { attemptHeaders } from "../../domain/delivery/deliveryHeaders.ts";
import { nextDelayMs } from "../../domain/delivery/retrySchedule.ts";
import { signingKey } from "../../domain/delivery/signature.ts";
import type { Envelope } from "../../domain/event/envelope.ts";
import { createPoster } from "../../outbound/call/post.ts";
import { newId } from "../../util/ids.ts";
import { version } from "../../version.ts";

/** The waits before each retry, in milliseconds: a program under development is soon back. */
const SCHEDULE_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
/** Of one try: longer than a hook's default, because somebody may be stepping through the handler. */
const TIMEOUT_MS = 30_000;

export type ForwardedEvent = {
  id: string;
  type: string;
  userId: string | null;
  contextId: string | null;
  subject: { type: string; id: string } | null;
};

/** What came of one try. */
export type Try = {
  attempt: number;
  status: number | null;
  error: string | null;
  elapsedMs: number;
  outcome: "DELIVERED" | "RETRYING" | "GAVE_UP";
  /** When it is RETRYING. */
  nextMs: number | null;
};

export type Forwarder = AsyncDisposable & {
  /**
   * Sends an event until an answer is 2xx or its tries are used up. Each try goes to `onTry`. False when it was stopped
   * before: the event is still to be sent.
   */
  forward(
    event: ForwardedEvent,
    envelope: Envelope,
    onTry: (result: Try) => Promise<void>,
    stopped: AbortSignal,
  ): Promise<boolean>;
};

/** Sends events to one URL, as the hub sends them to a hook. The address is the caller's own, so any is allowed. */
export function createForwarder(to: {
  url: string;
  format: HookFormat;
  secret: string;
  retries: number;
}): Forwarder {
  const keys: KeyObject[] = [signingKey(to.secret)];
  const poster = createPoster({
    guard: { allows: () => true, isListed: () => true },
    userAgent: `signalbox/${version}`,
    requireHttps: false,
  });

  async function send(
    { subject, ...event }: ForwardedEvent,
    envelope: Envelope,
    { deliveryId, attempt }: { deliveryId: string; attempt: number },
  ) {
    const about = {
      ...event,
      subjectType: subject?.type ?? null,
      subjectId: subject?.id ?? null,
      trace: null,
    };
    const tried = { deliveryId, attempt, claimedAt: new Date(), event: about };
    return poster.post({
      url: to.url,
      headers: attemptHeaders(envelope, tried, { format: to.format, id: event.id, keys }),
      body: envelope.body,
      timeoutMs: TIMEOUT_MS,
    });
  }

  return {
    async forward(event, envelope, onTry, stopped) {
      const deliveryId = newId();
      for (let attempt = 1; ; attempt++) {
        const reply = await send(event, envelope, { deliveryId, attempt });
        const { statusCode, error, elapsedMs, outcome, responseHeaders } = reply;
        const result = { attempt, status: statusCode, error, elapsedMs, nextMs: null };
        if (outcome === "SUCCESS") {
          await onTry({ ...result, outcome: "DELIVERED" });
          return true;
        }
        if (attempt > to.retries) {
          await onTry({ ...result, outcome: "GAVE_UP" });
          return true;
        }
        const retryAfter = responseHeaders?.["retry-after"] ?? null;
        const nextMs = nextDelayMs({ attempt, scheduleMs: SCHEDULE_MS, statusCode, retryAfter });
        await onTry({ ...result, outcome: "RETRYING", nextMs });
        await delay(nextMs, undefined, { signal: stopped }).catch(() => {});
        if (stopped.aborted) return false;
      }
    },
    [Symbol.asyncDispose]: () => poster[Symbol.asyncDispose](),
  };
}
