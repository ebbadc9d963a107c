import { z } from "zod";
import { testHook } from "../../domain/emit/testHook.ts";
import { component } from "./answers.ts";
import { endpoint } from "./endpoint.ts";
import { deliveryShown } from "./shown/delivery.ts";

export const testHookEndpoint = endpoint({
  method: "POST",
  path: "/v1/hooks/{id}/test",
  operation: "Mutation.testHook",
  summary:
    "Sends a test event to this hook alone, with the header `signalbox-test: true`. `type`: the hook's first exact type when absent; `data`: the example of the type when absent; `waitMs`: up to 15,000.",
  body: z.strictObject({
    type: z.string().nullish(),
    data: z.unknown().optional(),
    waitMs: z.int().nullish(),
  }),
  exact: ["data"],
  waitsMs: 15_000,
  answer: component("Delivery"),
  async handle({ context, input, params: { id = "" } }) {
    return { body: deliveryShown(await testHook(context, id, input)) };
  },
});
