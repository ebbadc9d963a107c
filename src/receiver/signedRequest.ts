import { writeJson } from "../client/bigJson.ts";
import type { Emittable, TypeOf } from "../client/eventTypes.ts";
import { sign } from "./signature.ts";

/** An event as a test wants it; what is left out is made up. */
export type SignedEvent<Events> = {
  [Type in TypeOf<Events>]: {
    type: Type;
    data: Emittable<Events[Type]>;
    id?: string;
    time?: string;
    source?: string;
    userId?: string;
    contextId?: string;
    /** `<type>/<id>`. */
    subject?: string;
  };
}[TypeOf<Events>];

/** A request as the hub sends it, in the format CLOUD_EVENT and signed now, for tests of a receiver. */
export async function signedRequest<Events extends object = Record<string, unknown>>(
  event: SignedEvent<Events>,
  secret: string,
): Promise<Request> {
  const { type, data, userId, contextId, subject } = event;
  const { id = crypto.randomUUID(), time = new Date().toISOString(), source = "signalbox" } = event;
  const cloudEvent = { specversion: "1.0-rc1", id, type, source, time, data };
  const body = new TextEncoder().encode(writeJson(cloudEvent));
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const about = {
    "signalbox-user": userId,
    "signalbox-context": contextId,
    "signalbox-subject": subject,
  };
  const headers = new Headers({
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": await sign(secret, id, timestamp, body),
    "signalbox-delivery-id": crypto.randomUUID(),
    "signalbox-attempt": "1",
  });
  for (const [name, value] of Object.entries(about))
    if (value !== undefined) headers.set(name, encodeURIComponent(value));
  return new Request("http://localhost/", { method: "POST", headers, body });
}
