import { replaysById } from "../../../db/replay/replays.ts";
import { cancelReplay } from "../../../domain/replay/replay.ts";
import { isId } from "../../../util/ids.ts";
import { userError } from "../../../util/userError.ts";
import { component } from "../answers.ts";
import { type Endpoint, endpoint } from "../endpoint.ts";
import { replayShown } from "../shown/replay.ts";

export const replayEndpoints: Endpoint[] = [
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
