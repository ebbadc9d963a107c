import type { Pool } from "../../db/connection/client.ts";
import { isOutage } from "../../db/connection/outage.ts";
import type { HookClaim } from "../../db/delivery/claim.ts";
import type { OwnBody, PayloadFormat } from "../../db/delivery/eventBodies.ts";
import type { DeliveryTarget } from "../../db/delivery/target.ts";
import { bodyOfClaim } from "../../domain/payload/makeBody.ts";
import type { PayloadRunner } from "../../domain/payload/payloadRunner.ts";
import { TemplateFailure } from "../../domain/template/templateFailure.ts";
import { HubFailure } from "../../outbound/call/hubFailure.ts";
import { Overloaded } from "../../util/overloaded.ts";

/**
 * The body of a delivery that does not send its format's, or why it can't be made. Throws HubFailure when that is not
 * known yet: the delivery is handed back.
 */
export async function ownBody(
  parts: { sql: Pool; programs: { payloads: PayloadRunner } },
  claim: HookClaim,
  format: PayloadFormat,
  target: DeliveryTarget,
): Promise<OwnBody | string> {
  const { sql, programs } = parts;
  try {
    const body = await bodyOfClaim({ sql, payloads: programs.payloads }, claim, format, target);
    if (!body) throw new HubFailure("another process has taken the delivery over");
    return body;
  } catch (error) {
    if (error instanceof TemplateFailure) return error.message;
    if (error instanceof Overloaded)
      throw new HubFailure(`project ${claim.projectId}: ${error.message}`);
    if (isOutage(error)) throw new HubFailure("the database could not be reached");
    throw error;
  }
}
