import { z } from "zod";
import { isKnownUser } from "../../db/event/knownUser.ts";
import { runEvent } from "../../domain/emit/runEvent.ts";
import type { Door, DoorRequest, DoorResponse, Route } from "../../http/door/door.ts";
import { renderMessage } from "../../http/door/failure.ts";
import { readJson } from "../../http/door/readJson.ts";
import { userError } from "../../util/userError.ts";
import { readInput, withExact } from "../input/readInput.ts";
import { idText } from "./fields.ts";

const runInput = z.strictObject({
  event: z.string(),
  userId: idText,
  data: z.unknown().optional(),
});

async function run(request: DoorRequest): Promise<DoorResponse> {
  const input = readInput(runInput, withExact(readJson(request), ["userId", "data"]));
  const { event } = await runEvent(request.context, input, 0);
  return { status: 200, body: { message: "Event successfully triggered", eventId: event.id } };
}

async function user({ context, params }: DoorRequest): Promise<DoorResponse> {
  const { caller, read } = context;
  const { name = "" } = params;
  if (!(await read((sql) => isKnownUser(sql, caller.projectId, name))))
    throw userError(
      "NOT_FOUND",
      `there is no user '${name}': a user is known who has an event, a hook or an installed workflow`,
    );
  return { status: 200, body: { userId: name, username: name } };
}

/** A version of Alloy's API, such as 2023-12. */
const version = "/{version:\\d{4}-\\d{2}}";

const notServed = () => ({
  status: 501,
  body: {
    message:
      "Of Alloy's API this hub serves POST /{version}/run/event and GET /{version}/users/{name}; everything else is in GraphQL.",
  },
});
/** Everything else that Alloy's clients call. */
const others = ["{a}", "{a}/{b}", "{a}/{b}/{c}", "{a}/{b}/{c}/{d}"].flatMap((path) =>
  (["GET", "POST", "PUT", "DELETE"] as const).map(
    (method): Route => ({ method, path: `${version}/${path}`, open: notServed }),
  ),
);

/** Alloy Embedded: the calls by which an application runs an event for a user. */
export const alloy: Door = {
  prefixes: [],
  routes: [
    {
      method: "POST",
      path: `${version}/run/event`,
      operation: "Mutation.runEvent",
      handle: run,
    },
    {
      method: "GET",
      path: `${version}/users/{name}`,
      // Alloy's client asks this before it runs an event. A role learns only whether it knows a user.
      operation: "Query.viewer",
      handle: user,
    },
    ...others,
  ],
  renderFailure: renderMessage,
};
