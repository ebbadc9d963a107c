import type { KeyObject } from "node:crypto";
import type { StepClaim } from "../../db/delivery/claim.ts";
import type { AttemptRequest } from "../delivery/delivery.ts";
import { deliveryHeaders } from "../delivery/deliveryHeaders.ts";
import type { SecretBox } from "../project/secretBox.ts";
import type { StepRequest } from "../workflow/workflowStep.ts";

type Step = { projectId: string; runId: string; position: number };

/** The AAD of a step's sealed request. */
export const requestContext = ({ projectId, runId, position }: Step) =>
  `step_runs|request|${runId}:${position}|${projectId}`;

/** Seals a step's request: its URL, headers and body may contain the user's variables. */
export const sealStepRequest = (box: SecretBox, step: Step, request: StepRequest): string =>
  box.seal(JSON.stringify(request), requestContext(step));

/** Opens a step's request. */
export const openStepRequest = (box: SecretBox, step: Step, sealed: string): StepRequest =>
  JSON.parse(box.open(sealed, requestContext(step)));

/** How much of a step's response is kept, in bytes, for later steps. */
const KEPT_BYTES = 65_536;

/**
 * The request of one attempt of a step: the rendered request, signed with the project's secret. `webhook-id` is the
 * delivery's id, because one event leads to several requests and each step needs its own.
 */
export function stepRequestOf(
  claim: StepClaim,
  request: StepRequest,
  keys: KeyObject[],
): AttemptRequest {
  const { body, headers } = request;
  return {
    ...request,
    keptBytes: KEPT_BYTES,
    // Path and body may contain the user's variables, and the audit information is stored as a system event's data.
    auditInfo: { url: `${new URL(request.url).origin}/`, method: request.method, body: "" },
    headers: {
      ...headers,
      ...(body !== "" && { "content-type": "application/json" }),
      ...deliveryHeaders(claim, { id: claim.deliveryId, keys, body }),
    },
  };
}
