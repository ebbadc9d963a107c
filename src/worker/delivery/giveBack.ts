import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { returnClaims } from "../../db/delivery/reclaim.ts";
import type { Logger } from "../../log.ts";

const RETRY_MS = 500;
/** The server may still be running a statement whose connection broke. It has given up by this time. */
const LATER_MS = 11_000;

/** Releases claims whose commit was never confirmed: otherwise they block their deliveries until the lease expires. */
export async function giveBackUntilDone(
  { sql, log, isStopped }: { sql: Pool; log: Logger; isStopped: () => boolean },
  lost: { projectId: string; hookIds: string[]; token: string },
): Promise<void> {
  while (!isStopped()) {
    await delay(RETRY_MS);
    try {
      await returnClaims(sql, lost);
      setTimeout(() => returnClaims(sql, lost).then(null, () => {}), LATER_MS).unref();
      return;
    } catch (error) {
      log.debug({ err: error }, "claims not given back yet, trying again");
    }
  }
}
