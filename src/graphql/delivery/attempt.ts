import { type AttemptRow, attemptsOf } from "../../db/delivery/deliveries.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { batched } from "../page/loaders.ts";

const AttemptOutcomeEnum = describedEnum(
  "AttemptOutcome",
  "What came of a try (goflow's four, and two of our own).",
  {
    SUCCESS: "A status that counts as success: 2xx; for a press 200 and 201 alone.",
    RESPONSE_ERROR: "Another status; redirects are not followed.",
    CONNECTION_ERROR: "No complete answer: refused, reset, timed out, no such name, bad TLS.",
    SUBSCRIBER_GONE: "A status in the hook's `unsubscribeOn`.",
    REFUSED: "The address may not be called: nothing was sent.",
    UNKNOWN: "Its process died or was stopped in flight: the target may have got it.",
  },
);

/** The tries of a delivery, in order, or the one of a press. */
export async function loadAttempts(context: Context, deliveryId: string): Promise<AttemptRow[]> {
  const { caller, read } = context;
  const loader = batched(context, "attempts", async (ids) =>
    Map.groupBy(
      await read((sql) => attemptsOf(sql, caller.projectId, ids)),
      (attempt) => attempt.deliveryId,
    ),
  );
  return (await loader.load(deliveryId)) ?? [];
}

export const Attempt = builder.objectRef<AttemptRow>("Attempt").implement({
  description: "One call to a target: what was sent, what came back, how long it took.",
  fields: (t) => ({
    id: t.id({
      description: "The delivery's or the press's id, and the number.",
      resolve: ({ deliveryId, number }) => `${deliveryId}:${number}`,
    }),
    number: t.exposeInt("number", {
      description: "1 for the first; also in the header signalbox-attempt.",
    }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When it began." }),
    elapsedMs: t.exposeInt("elapsedMs", { description: "Milliseconds to the end of the answer." }),
    outcome: t.expose("outcome", { type: AttemptOutcomeEnum, description: "What came of it." }),
    statusCode: t.exposeInt("statusCode", {
      nullable: true,
      description: "The HTTP status; null when none came.",
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "What went wrong, its class first.",
    }),
    remoteAddress: t.exposeString("remoteAddress", {
      nullable: true,
      description: "The address that was connected.",
    }),
    requestHeaders: t.expose("requestHeaders", {
      type: "JSON",
      description:
        "Every header as sent; values of the hook's or step's own are shown as [redacted], but for a few such as accept.",
    }),
    responseHeaders: t.expose("responseHeaders", {
      type: "JSON",
      nullable: true,
      description:
        "Every header that came back; cookies, challenges and other credentials are shown as [redacted].",
    }),
    responseBody: t.exposeString("responseBody", {
      nullable: true,
      description: "The answer as text, at most 16 KiB; to a workflow's step 64 KiB.",
    }),
    responseTruncated: t.exposeBoolean("responseTruncated", {
      description: "Whether there was, or would have been, more of a body than is kept.",
    }),
  }),
});
