import { createWithKey } from "../../domain/project/createWithKey.ts";
import type { DoorRequest } from "../../http/door/door.ts";
import { idempotencyKeyOf } from "./input.ts";

/** Creates something at the request's path; a repeated request gets what the first one created. */
export const createOnce = <Created>(
  request: DoorRequest,
  find: (id: string) => Promise<Created | undefined>,
  create: (id: string) => Promise<Created>,
): Promise<Created> => {
  const { context, params, body } = request;
  const { projectId } = context.caller;
  const creation = {
    projectId,
    key: idempotencyKeyOf(request),
    place: JSON.stringify(params),
    body,
  };
  return createWithKey(context.hub.db, creation, find, create);
};
