import { z } from "zod";
import type { Change } from "../../db/feed/changes.ts";
import { typesAccept } from "../../domain/hook/hookMatch.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { requestError } from "../../graphql/gate/requestError.ts";
import { CursorExpired, cursorOf, positionOf } from "../../live/feed.ts";
import { userError } from "../../util/userError.ts";
import { dateTime } from "../input/time.ts";
import { endpoint } from "./endpoint.ts";
import { pageOfEvents } from "./pollPage.ts";
import { texts } from "./query.ts";

const MAX_WAIT_S = 30;

const query = z.strictObject({
  types: texts.optional().describe("Only these types, as in a hook's `types`."),
  after: z.string().optional().describe("The cursor to continue after. Without it, from now on."),
  since: dateTime.optional().describe("Instead of `after`: from the events of this time on."),
  limit: z.int().min(1).max(1_000).optional().describe("The most events of one answer; 100."),
  wait: z
    .number()
    .min(0)
    .optional()
    .describe("Seconds to wait when there is no event yet; over 30 counts as 30."),
});

type Asked = z.output<typeof query>;

function startOf({ after, since }: Asked) {
  if (after !== undefined && since !== undefined)
    throw userError("INVALID", "field 'since' is instead of 'after': give one", ["since"]);
  if (after === undefined) return since ? { since } : ("now" as const);
  try {
    return { after: positionOf(after) };
  } catch (error) {
    if (!(error instanceof CursorExpired)) throw error;
    throw userError("INVALID", "field 'after' is not a cursor of this feed", ["after"]);
  }
}

async function sourceOf({ caller: { projectId }, hub }: Context): Promise<string> {
  const config = (await hub.configs.lastKnown([projectId])).get(projectId);
  if (!config) throw new Error(`no project ${projectId}`);
  return config.source;
}

/** An event appears when it is accepted; one emitted by SQL when it is matched. */
const isNewEvent = ({ kind, created }: Change) => kind === "EVENT" && created;

const event = { $ref: "#/components/schemas/Event" };

export const pollEvents = endpoint({
  method: "GET",
  path: "/v1/events",
  operation: "Subscription.eventEmitted",
  summary:
    "The events in the order in which they were accepted, each once: continue with the answer's `cursor` as `after`. Without `after` and `since` it answers at once, with the cursor of now.",
  query,
  waitsMs: MAX_WAIT_S * 1_000,
  answer: {
    type: "object",
    required: ["items", "cursor", "truncated"],
    properties: {
      items: {
        type: "array",
        items: {
          type: "object",
          required: ["cursor", "event"],
          properties: { cursor: { type: "string" }, event },
        },
      },
      cursor: { type: "string", description: "Where to continue, also when there are no items." },
      truncated: {
        type: "boolean",
        description:
          "Whether events between `after` and the first item had been removed by retention.",
      },
    },
  },
  async handle({ context, asked }) {
    const { caller, hub, ended } = context;
    const { types, limit = 100, wait = 0 } = asked;
    const from = startOf(asked);
    const pulled = await hub.feed
      .pull({
        projectId: caller.projectId,
        from,
        wants: (change) =>
          isNewEvent(change) &&
          typesAccept(types, {
            type: String(change.state.type),
            origin: String(change.state.origin),
          }),
        limit,
        waitMs: Math.min(wait, MAX_WAIT_S) * 1_000,
        ended,
      })
      .catch((error) => {
        throw error instanceof CursorExpired
          ? requestError("CURSOR_EXPIRED", error.message)
          : error;
      });
    const { items, cutAt } = await pageOfEvents(context, pulled.changes, await sourceOf(context));
    const cursor = cursorOf({ position: cutAt ?? pulled.upTo });
    return { body: { items, cursor, truncated: pulled.isTruncated } };
  },
});
