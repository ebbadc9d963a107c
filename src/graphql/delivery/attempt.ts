import { type AttemptRow, attemptsOf } from "../../db/delivery/deliveries.ts";
import { builder } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { batched } from "../page/loaders.ts";

const AttemptOutcomeEnum = describedEnum(
  "AttemptOutcome",
  "The outcome of an attempt: goflow's four, and REFUSED, RENDER_ERROR and UNKNOWN.",
  {
    SUCCESS: "The status counts as success: 2xx, or for a press only 200 or 201.",
    RESPONSE_ERROR: "Any other status. Redirects are not followed.",
    CONNECTION_ERROR:
      "No complete answer: connection refused or reset, timeout, unknown host name, or TLS failure.",
    SUBSCRIBER_GONE: "The status is one of the hook's `unsubscribeOn`.",
    RENDER_ERROR:
      "The hook's template or selection could not make a body of the event. Nothing was sent. There is no further attempt until someone retries the delivery.",
    REFUSED: "The address is not allowed. Nothing was sent.",
    UNKNOWN:
      "The hub's process died or was stopped during the call. The target may have received the request.",
  },
);

/** The attempts of a delivery, in order, or the single attempt of a press. */
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
  description: "One HTTP call to a target: request, response and duration.",
  fields: (t) => ({
    id: t.id({
      description: "The id of the delivery or press, followed by `:` and the number.",
      resolve: ({ deliveryId, number }) => `${deliveryId}:${number}`,
    }),
    number: t.exposeInt("number", {
      description: "1 for the first attempt; also sent as the header signalbox-attempt.",
    }),
    startedAt: t.expose("startedAt", {
      type: "DateTime",
      description: "When the attempt started.",
    }),
    elapsedMs: t.exposeInt("elapsedMs", {
      description: "Milliseconds from the start to the end of the response.",
    }),
    outcome: t.expose("outcome", { type: AttemptOutcomeEnum, description: "The outcome." }),
    statusCode: t.exposeInt("statusCode", {
      nullable: true,
      description: "The HTTP status; null if there was no response.",
    }),
    error: t.exposeString("error", {
      nullable: true,
      description: "What went wrong, beginning with the class of error; null after a success.",
    }),
    remoteAddress: t.exposeString("remoteAddress", {
      nullable: true,
      description: "The IP address that the hub connected to; null if there was no connection.",
    }),
    requestHeaders: t.expose("requestHeaders", {
      type: "JSON",
      description:
        "All headers as sent. Values of the hook's or step's own headers read [redacted], except a few such as accept.",
    }),
    responseHeaders: t.expose("responseHeaders", {
      type: "JSON",
      nullable: true,
      description:
        "All response headers. Cookies, challenges and other credentials read [redacted]. Null if there was no response.",
    }),
    responseBody: t.exposeString("responseBody", {
      nullable: true,
      description: "The response body as text: at most 16 KiB, or 64 KiB for a workflow step.",
    }),
    responseTruncated: t.exposeBoolean("responseTruncated", {
      description: "Whether the response body was, or would have been, longer than what is kept.",
    }),
  }),
});
