import { readBody } from "./body.ts";
import { handshakeAnswer } from "./handshake.ts";
import { readEvent, UnreadableBody } from "./readEvent.ts";
import type { Received, Untyped } from "./received.ts";
import type { Seen } from "./seen.ts";
import { isSigned, type VerifyingKey } from "./signature.ts";

/** A request, of whatever platform. */
export type Incoming = {
  method: string;
  headers: Headers;
  /** Undefined when somebody has read it before. */
  body: AsyncIterable<Uint8Array | string> | undefined;
};

type Settings = {
  keys: readonly VerifyingKey[];
  /** In seconds. */
  tolerance: number;
  seen: Seen;
  handle: (event: Received<object> | Untyped) => Promise<void>;
};

const ALREADY_READ =
  "The body had been read before it came to the receiver, and the signature covers its bytes: put the receiver before express.json() and its like, or use express.raw().";

const say = (status: number, text: string, headers: Record<string, string> = {}) =>
  new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });

/** Answers one request of the hub, or of somebody who is not it. */
export async function receive(
  { keys, tolerance, seen, handle }: Settings,
  { method, headers, body }: Incoming,
): Promise<Response> {
  const handshake = handshakeAnswer(method, headers);
  if (handshake) return handshake;
  if (method !== "POST") return say(405, "Events come by POST.", { allow: "POST, OPTIONS" });
  if (!body) {
    console.error(ALREADY_READ);
    return say(500, "The receiver failed.");
  }
  // All that costs nothing comes before the body, which anybody may send.
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signature = headers.get("webhook-signature");
  if (!id || !timestamp || !signature)
    return say(401, "webhook-id, webhook-timestamp and webhook-signature are needed.");
  const age = /^\d{1,12}$/.test(timestamp) ? Date.now() / 1_000 - Number(timestamp) : Number.NaN;
  if (!(Math.abs(age) <= tolerance))
    return say(
      400,
      `webhook-timestamp is ${Math.round(age)} s old here, where at most ${tolerance} s are taken: one of the clocks may be wrong.`,
    );
  const bytes = await readBody(body, headers.get("content-length")).catch(() => undefined);
  if (bytes === undefined) return say(400, "The body is incomplete.");
  if (bytes === null) return say(413, "The body is larger than any of the hub's.");
  if (!(await isSigned(keys, { id, timestamp, signature }, bytes)))
    return say(401, "The signature is not one of this receiver's secrets.");

  try {
    const event = readEvent(headers, bytes);
    const isNew = await seen.once(id, () => handle(event));
    return say(200, isNew ? "Handled." : "Handled before.");
  } catch (error) {
    if (error instanceof UnreadableBody) return say(400, `${error.message}.`);
    // What it says is for this side's people, not for the hub's.
    console.error(error);
    return say(500, "The handler failed.");
  }
}
