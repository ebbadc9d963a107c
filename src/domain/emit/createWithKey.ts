import { createHash } from "node:crypto";
import type { Db } from "../../db/connection/client.ts";
import { claimOne, giveUpKey } from "../../db/event/idempotencyKeys.ts";
import { newId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";

/** A request to create something; `place` is what it is created in, such as a path. */
type Creation = { projectId: string; key: string | null; place: string; body: Buffer };

const fingerprintOf = (body: Buffer) => createHash("sha256").update(body).digest("hex");

/**
 * Creates something with a new id. A request that is repeated with its idempotency key gets what the first one created.
 * Throws IDEMPOTENCY_CONFLICT when the key came with another body. A key whose request failed is free again.
 */
export async function createWithKey<Created>(
  { sql }: Pick<Db, "sql">,
  { projectId, key, place, body }: Creation,
  find: (id: string) => Promise<Created | undefined>,
  create: (id: string) => Promise<Created>,
): Promise<Created> {
  const eventId = newId();
  if (key === null) return create(eventId);
  // No user's id has control characters.
  const scope = `\u0001${place}`;
  const claim = { projectId, scope, key, fingerprint: fingerprintOf(body), eventId };
  const owner = await claimOne(sql, claim);
  if (owner.fingerprint !== claim.fingerprint)
    throw userError(
      "IDEMPOTENCY_CONFLICT",
      `idempotency key '${key}' was used before with another body; use a new key for a new request`,
    );
  if (owner.eventId !== eventId) {
    const created = await find(owner.eventId);
    if (created !== undefined) return created;
  }
  try {
    return await create(owner.eventId);
  } catch (error) {
    // A repeated request that came meanwhile may have created it.
    const created = await find(owner.eventId);
    if (created !== undefined) return created;
    await giveUpKey(sql, claim);
    throw error;
  }
}
