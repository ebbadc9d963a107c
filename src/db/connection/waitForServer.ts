import { setTimeout as pause } from "node:timers/promises";
import type { UrlSetting } from "./address.ts";
import { openSession } from "./client.ts";
import { isOutage } from "./outage.ts";
import { DatabaseRefusal } from "./refusal.ts";
import { checkServer } from "./requirements.ts";

const TRY_EVERY_MS = 1_000;
/** A pooler that does not take what sessions are started with never will. */
const PROTOCOL_VIOLATION = "08P01";

/**
 * Returns once the server lets sessions in. Throws DatabaseRefusal when it refuses for good, or cannot be reached for
 * longer than `patienceMs`. `onWait` hears why, once for each reason.
 */
export async function waitForServer(
  { url, setting }: { url: string; setting: UrlSetting },
  patienceMs: number,
  onWait: (why: string) => void,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  let told: string | undefined;
  for (;;) {
    try {
      return await check(url, setting);
    } catch (error) {
      if (!isUnreachable(error) || performance.now() + TRY_EVERY_MS > giveUpAt) throw error;
      if (told !== error.message) onWait(error.message);
      told = error.message;
      await pause(TRY_EVERY_MS);
    }
  }
}

async function check(url: string, setting: UrlSetting): Promise<void> {
  const session = openSession(url);
  try {
    await checkServer(session, setting);
  } finally {
    await session.end({ timeout: 5 });
  }
}

const isUnreachable = (error: unknown): error is DatabaseRefusal =>
  error instanceof DatabaseRefusal &&
  isOutage(error.cause) &&
  !("code" in error.cause && error.cause.code === PROTOCOL_VIOLATION);
