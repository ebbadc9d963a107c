import { randomUUID } from "node:crypto";
import { isOutage } from "../../db/connection/outage.ts";
import type { HookClaim } from "../../db/delivery/claim.ts";
import type { NewDelivery, NewEvent } from "../../db/event/newEvent.ts";
import { claimLimits } from "../../domain/delivery/claimLimits.ts";
import type { Reserve } from "../../domain/emit/emitWrite.ts";
import type { ClaimLoop } from "./claimLoop.ts";
import { giveBackUntilDone } from "./giveBack.ts";
import type { Leave, QueueEntry } from "./hookQueues.ts";
import type { DelivererParts } from "./parts.ts";
import type { Target } from "./targets.ts";

/** Hooks loaded at once. */
const LEARNED = 1_000;

/** A delivery that got its slot before it was accepted. */
type Admitted = { delivery: NewDelivery; target: Target; queue: QueueEntry; leave: Leave };

const isLimited = ({ hook }: Target) =>
  hook.rateLimitPerSecond !== null || hook.allowedPerMinute !== null;

/** The claim of a delivery that was claimed as it was accepted. */
function claimOf(
  { delivery }: Admitted,
  event: NewEvent,
  { token, at, claimedAt }: { token: string; at: Date; claimedAt: Date },
): HookClaim {
  const { projectId, id: deliveryId, eventId, hookId, format, maxAttempts, resource } = delivery;
  const { id, type, data, scheduledFor, stepUuid, userId, contextId } = event;
  const { subjectType, subjectId, origin, trace } = event;
  return {
    projectId,
    deliveryId,
    eventId,
    hookId,
    token,
    claimedAt,
    attempt: 1,
    maxAttempts,
    isReplay: false,
    format,
    isOrdered: false,
    event: {
      ...{ id, type, data, occurredAt: event.occurredAt ?? at, scheduledFor, stepUuid, userId },
      ...{ contextId, subjectType, subjectId, origin, trace, resource: resource ?? null },
    },
  };
}

/**
 * Hands accepted deliveries straight to free slots: the accepting statement claims them, and they are sent once it has
 * committed. Waiting deliveries go first. Hooks with a rate limit only use claims.
 */
export function createHandOver(parts: DelivererParts & { loop: ClaimLoop }): Reserve {
  const { sql, workerId, peers, queues, targets, log, start, track, isStopped, loop } = parts;

  const mayTake = () => loop.mayTake() && peers.isSettled();

  function admit(version: number, deliveries: NewDelivery[]): Admitted[] {
    const admitted: Admitted[] = [];
    const full = new Set<string>();
    for (const delivery of deliveries) {
      const { hookId, status } = delivery;
      if (status !== "PENDING" || full.has(hookId)) continue;
      const target = targets.known(hookId, version);
      const place = target && !isLimited(target) ? queues.admit(delivery) : undefined;
      if (target && place) admitted.push({ delivery, target, ...place });
      else full.add(hookId);
    }
    return admitted;
  }

  /** Loads hooks that are not known under this config version, once. */
  async function learn(version: number, deliveries: NewDelivery[]): Promise<void> {
    const [first] = deliveries;
    const hookIds = new Set(deliveries.map(({ hookId }) => hookId));
    const missing = [...hookIds].filter((id) => !targets.known(id, version)).slice(0, LEARNED);
    if (!first || missing.length === 0) return;
    await targets.load(first.projectId, missing).catch((error) => {
      log.debug({ err: error }, "hooks are not known yet: their deliveries are claimed");
    });
  }

  return async (version, events, deliveries) => {
    if (deliveries.length === 0 || !mayTake()) return undefined;
    await learn(version, deliveries);
    // Checked again: a stop, a suspect or another worker may have come meanwhile.
    const admitted = mayTake() ? admit(version, deliveries) : [];
    if (admitted.length === 0) return undefined;
    const token = randomUUID();
    const reservedAt = performance.now();
    // A stop waits for deliveries that are being accepted: they are sent or released. So does a suspect's attempt.
    const decided = Promise.withResolvers<void>();
    track(decided.promise);
    loop.hold();
    const decide = () => {
      decided.resolve();
      loop.release();
      loop.pump();
    };
    const leaseMs = new Map(
      admitted.map(({ delivery, target }) => [
        delivery.id,
        target.hook.timeoutMs * 2 + claimLimits.leaseMarginMs,
      ]),
    );
    return {
      handOver: { workerId, token, leaseMs },
      begin(at, written) {
        // The database's time when this process learned of the commit, which may have taken long.
        const claimedAt = new Date(at.getTime() + performance.now() - reservedAt);
        const byId = new Map(events.map((event) => [event.id, event]));
        for (const one of admitted) {
          if (written && !written.has(one.delivery.id)) {
            one.leave(one.queue.failures === 0);
            continue;
          }
          const event = byId.get(one.delivery.eventId);
          if (!event) throw new Error(`event ${one.delivery.eventId} was not accepted`);
          const { queue, target, leave } = one;
          start({ queue, target, leave, claimed: claimOf(one, event, { token, at, claimedAt }) });
        }
        decide();
      },
      release(error) {
        for (const { queue, leave } of admitted) leave(queue.failures === 0);
        decide();
        if (!isOutage(error)) return;
        const [first] = admitted;
        const hookIds = [...new Set(admitted.map(({ delivery }) => delivery.hookId))];
        const lost = { projectId: first?.delivery.projectId ?? "", hookIds, token };
        track(giveBackUntilDone({ sql, log, isStopped }, lost));
      },
    };
  };
}
