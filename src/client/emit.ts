import { writeJson } from "./bigJson.ts";
import { type Endpoint, send } from "./request.ts";
import { withRetries } from "./retry.ts";
import { SignalboxError, type UserError } from "./signalboxError.ts";

/** Beside type and data, the fields of EmitEventInput. */
export type EmitOptions = {
  /** Default: a new one, so that a call whose answer was lost is sent again and stored once. */
  idempotencyKey?: string | undefined;
  userId?: string | undefined;
  contextId?: string | undefined;
  subject?: { type: string; id: string } | undefined;
  name?: string | undefined;
  category?: string | undefined;
  avatar?: string | undefined;
  content?: unknown;
  contentType?: string | undefined;
  occurredAt?: string | Date | undefined;
  /** When the event is due; a number is milliseconds since 1970. */
  timestamp?: string | number | Date | undefined;
  /** Seconds. */
  delay?: number | undefined;
  stepUuid?: string | undefined;
  actions?: object[] | undefined;
  /** For the hooks of all users. */
  broadcast?: boolean | undefined;
  /** For this hook alone, if it matches. */
  hookId?: string | undefined;
  /** Answers when every delivery has ended, or after this time. */
  waitMs?: number | undefined;
};

/** An event that is stored. */
export type Emitted = {
  id: string;
  status: string;
  /** Whether the idempotency key, one of the caller's own, was used before: it is the earlier event. */
  isDuplicate: boolean;
};

/** How long a call is tried again; a hub that restarts is back by then. */
export const PATIENCE_MS = 60_000;

const mutation = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id status } duplicates userErrors { code message path } }
}`;

type Payload = {
  emitEvents: {
    events: { id: string; status: string }[] | null;
    duplicates: boolean[] | null;
    userErrors: UserError[];
  };
};

/** An event as JSON text, with an idempotency key. Throws INVALID. */
export type Input = { json: string; hasOwnKey: boolean; waits: boolean };

export function inputOf(
  type: string,
  data: unknown,
  options: EmitOptions = {},
  path: string[] = [],
): Input {
  const { waitMs } = options;
  const idempotencyKey = options.idempotencyKey ?? newKey();
  try {
    const json = writeJson({ ...options, type, data, idempotencyKey });
    return { json, hasOwnKey: options.idempotencyKey != null, waits: waitMs != null };
  } catch (cause) {
    const message = `the event cannot be written as JSON: ${(cause as Error).message}`;
    throw new SignalboxError([{ code: "INVALID", message, path }], { cause });
  }
}

/** Unlike crypto.randomUUID, which pages have over HTTPS alone, this is everywhere. */
const newKey = () => [...crypto.getRandomValues(new Uint32Array(4))].map(hex).join("");
const hex = (part: number) => part.toString(16).padStart(8, "0");

/**
 * Emits the events, all or none, and sends the call again for as long as it is worth it. Throws SignalboxError; the paths begin
 * with the event's index.
 */
export async function emitAll(
  endpoint: Endpoint,
  inputs: Input[],
  deadline = Date.now() + PATIENCE_MS,
): Promise<Emitted[]> {
  const list = inputs.map(({ json }) => json).join(",");
  const body = `{"query":${JSON.stringify(mutation)},"variables":{"input":[${list}]}}`;
  const { emitEvents } = await withRetries(() => send<Payload>(endpoint, body), {
    deadline,
    mayRetry: (error) => error.isTransient,
  });
  const { events, duplicates, userErrors } = emitEvents;
  const [first, ...others] = userErrors;
  if (first) throw new SignalboxError([first, ...others]);
  return (events ?? []).map((event, index) => ({
    ...event,
    isDuplicate: inputs[index]?.hasOwnKey === true && duplicates?.[index] === true,
  }));
}
