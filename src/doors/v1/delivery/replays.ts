import { z } from "zod";
import { replaysById } from "../../../db/replay/replays.ts";
import { cancelReplay, countReplay, replayDeliveries } from "../../../domain/replay/replay.ts";
import { isId } from "../../../util/ids.ts";
import { userError } from "../../../util/userError.ts";
import { dateTime } from "../../input/time.ts";
import { component, replayAnswer } from "../answers.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { deliveryStatus } from "../query.ts";
import { replayShown } from "../shown/replay.ts";

/** What is wrong with a value is told by the domain, as in GraphQL. */
const replayInput = z
  .strictObject({
    deliveryIds: z.array(z.string()).nullish(),
    hookId: z.string().nullish(),
    hookIds: z.array(z.string()).nullish(),
    type: z.string().nullish(),
    types: z.array(z.string()).nullish(),
    userId: z.string().nullish(),
    search: z.string().nullish(),
    statusCodes: z.array(z.int()).nullish(),
    error: z.string().nullish(),
    status: z.array(deliveryStatus).nullish(),
    since: dateTime.nullish(),
    until: dateTime.nullish(),
    dryRun: z.boolean().nullish(),
  })
  .meta({ id: "ReplayInput" });

export const replayEndpoints: Endpoint[] = [
  endpoint({
    method: "POST",
    path: "/v1/replays",
    operation: "Mutation.replayDeliveries",
    summary:
      "Retries the ended deliveries that match, or chosen ones, in the background. `dryRun`: only counts them.",
    body: replayInput,
    answer: replayAnswer("The number of matching deliveries.", "The replay; null if `dryRun`."),
    async handle({ context: { caller, hub, read }, input: { dryRun, ...wanted } }) {
      const { projectId } = caller;
      if (dryRun) {
        const matched = await read((sql) => countReplay(sql, projectId, wanted));
        return { body: { matched, replay: null } };
      }
      const replay = await replayDeliveries(hub.db.sql, projectId, wanted);
      return { body: { matched: replay.matched, replay: replayShown(replay) } };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/replays/{id}",
    operation: "Query.replay",
    summary: "The replay or backfill with this id.",
    answer: component("Replay"),
    async handle({ context: { caller, read }, params: { id = "" } }) {
      const [found] = isId(id) ? await read((sql) => replaysById(sql, caller.projectId, [id])) : [];
      if (!found) throw userError("NOT_FOUND", `no replay ${id}`, ["id"]);
      return { body: replayShown(found) };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/replays/{id}/cancel",
    operation: "Mutation.cancelReplay",
    summary: "Stops a replay or backfill. Deliveries that it has already made due continue.",
    answer: component("Replay"),
    handle: async ({ context: { caller, hub }, params: { id = "" } }) => ({
      body: replayShown(await cancelReplay(hub.db.sql, caller.projectId, id)),
    }),
  }),
];
