import type { ReplayRow } from "../../../db/replay/replays.ts";

/** A replay as it is answered, with the names that it has in GraphQL. */
export const replayShown = (replay: ReplayRow) => ({
  id: replay.id,
  status: replay.status,
  matched: replay.matched,
  created: replay.created,
  createdAt: replay.createdAt,
  finishedAt: replay.finishedAt,
});
