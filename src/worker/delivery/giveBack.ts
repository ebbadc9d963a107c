import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "../../db/connection/client.ts";
import { returnClaims } from "../../db/delivery/reclaim.ts";
import type { Logger } from "../../log.ts";

const RETRY_MS = 500;
/** The server may still be at a statement whose connection has broken; by then it has given it up. */
const LATER_MS = 11_000;

/** Claims whose commit nobody heard of would block their deliveries until they run out: they are given back. */
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
