import { setMaxListeners } from "node:events";
import type { Pool } from "../../db/connection/client.ts";
import { claimHandshake, postponeHandshake } from "../../db/hook/handshakes.ts";
import type { HookQueue } from "../../db/queue/jobs.ts";
import { handshakeRequest, handshakeVerdict } from "../../domain/hook/hookHandshake.ts";
import { hookContext, openHookSecrets } from "../../domain/hook/hookSecrets.ts";
import { handshakeLimits, recordHandshakeResult } from "../../domain/hook/hookVerification.ts";
import type { SecretBox } from "../../domain/project/secretBox.ts";
import type { Logger } from "../../log.ts";
import { withinOpenFiles } from "../../outbound/openFiles.ts";
import type { HookCaller } from "../auth/hookCaller.ts";
import { postponed } from "../delivery/shortage.ts";

export type Handshaker = {
  /** Makes a hook's handshake if one is due. Callers do not wait for it. */
  ask(queue: HookQueue): void;
  /** Aborts running handshakes. Another process, or the next start, makes them. */
  stop(): Promise<void>;
};

/** Concurrent handshakes. The reconciler brings the rest again. */
const MAX_AT_ONCE = withinOpenFiles(32, 1 / 32);

/** Makes handshakes, outside the job slots: a target may take a minute to answer. */
export function createHandshaker(deps: {
  sql: Pool;
  box: SecretBox;
  caller: HookCaller;
  origin: () => string;
  log: Logger;
}): Handshaker {
  const { sql, box, caller, origin, log } = deps;
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);

  async function shakeHands(queue: HookQueue): Promise<void> {
    const claimed = await claimHandshake(sql, queue, handshakeLimits.leaseMarginMs);
    if (!claimed) return;
    const { hook, sealed } = claimed;
    const secret = box.open(sealed, hookContext("handshake", hook));
    const host = origin();
    const request = handshakeRequest(hook, secret, host);
    const { headers: own, auth } = openHookSecrets(box, hook);
    const headers = { ...own, ...request.headers };
    const { projectId: holder } = queue;
    const reply = await caller
      .post({ ...request, headers, auth, holder, signal: stopping.signal })
      .catch(async (error: unknown) => {
        const back = (waitMs: number) => postponeHandshake(sql, claimed, waitMs);
        await postponed(error, back, { log, stopping: stopping.signal });
      });
    if (!reply) return;
    // An aborted handshake is made again after its lease.
    if (stopping.signal.aborted && reply.statusCode === null) return;
    await recordHandshakeResult(
      sql,
      claimed,
      handshakeVerdict(hook.verification, reply, secret, host),
    );
  }

  return {
    ask(queue) {
      if (stopping.signal.aborted || running.size >= MAX_AT_ONCE) return;
      const asking = shakeHands(queue).catch((error) =>
        log.warn({ err: error, hookId: queue.hookId }, "a handshake failed inside the hub"),
      );
      running.add(asking);
      void asking.finally(() => running.delete(asking));
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(running);
    },
  };
}
