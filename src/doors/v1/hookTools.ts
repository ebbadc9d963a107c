import { z } from "zod";
import { testHook } from "../../domain/emit/testHook.ts";
import { backfillHook } from "../../domain/replay/backfill.ts";
import { UserError } from "../../util/userError.ts";
import { dateTime } from "../input/time.ts";
import { component, replayAnswer } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { deliveryShown } from "./shown/delivery.ts";
import { replayShown } from "./shown/replay.ts";

const test = endpoint({
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

/** The hook is named by the path: what is wrong with it is told as in all paths. */
function withIdOfPath(error: unknown): never {
  if (!(error instanceof UserError)) throw error;
  const ofPath = (path: string[]) => (path[0] === "hookId" ? ["id"] : path);
  throw new UserError(error.entries.map((entry) => ({ ...entry, path: ofPath(entry.path) })));
}

const backfill = endpoint({
  method: "POST",
  path: "/v1/hooks/{id}/backfill",
  operation: "Mutation.backfillHook",
  summary:
    "Delivers stored events that this hook matches now and never got, accepted from `since` on and before `until`, in the background. `dryRun`: only counts them.",
  body: z.strictObject({
    since: dateTime,
    until: dateTime.nullish(),
    dryRun: z.boolean().nullish(),
  }),
  answer: replayAnswer(
    "The number of matching events.",
    "The backfill, as a replay; null if `dryRun`.",
  ),
  async handle({ context, input, params: { id = "" } }) {
    const { matched, replay } = await backfillHook(context, { hookId: id, ...input }).catch(
      withIdOfPath,
    );
    return { body: { matched, replay: replay && replayShown(replay) } };
  },
});

export const hookToolEndpoints: Endpoint[] = [test, backfill];
