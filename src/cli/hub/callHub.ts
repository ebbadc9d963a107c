import { PATIENCE_MS } from "../../client/emit.ts";
import { retryAfterOf } from "../../client/request.ts";
import { sleep, waitMs } from "../../client/retry.ts";
import { jsonObject, jsonText } from "../../util/json/exactJson.ts";
import { parseJson } from "../../util/json/parseJson.ts";
import type { UserErrorDetail } from "../../util/userError.ts";
import { HubError } from "./hubError.ts";

/** Longer than any answer takes: the hub ends an operation after 30 s. */
const TIMEOUT_MS = 60_000;

/** The hub that a command calls, with its key. */
export type HubPlace = { url: string; key: string };

type Answer<Data> = {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
};

export type { UserErrorDetail };

/**
 * Sends one operation and returns its data. Numbers keep their digits both ways. Throws HubError when the hub cannot be
 * reached or refuses.
 */
export async function callHub<Data>(
  hub: HubPlace,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Data> {
  const body = jsonText(exact({ query, variables: exact(withoutAbsent(variables)) }));
  const { response, text } = await post(hub, body);
  const retryAfterMs = isPassing(response.status) ? retryAfterOf(response) : undefined;
  const more = retryAfterMs === undefined ? {} : { retryAfterMs };
  const answer = parseAnswer<Data>(text);
  if (!answer)
    throw new HubError(
      `${hub.url}/graphql answered ${response.status}, and not with GraphQL: is there a hub at this address? (--url, SIGNALBOX_URL)`,
      more,
    );
  const [error] = answer.errors ?? [];
  if (error) throw new HubError(explained(error), more);
  if (answer.data == null) throw new HubError(`the hub answered ${response.status} without data`);
  return answer.data;
}

/** A query that is asked again and again outlives a restart of the hub, and its limits. Throws HubError. */
export async function pollHub<Data>(...call: Parameters<typeof callHub>): Promise<Data> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let failures = 1; ; failures++) {
    try {
      return await callHub<Data>(...call);
    } catch (error) {
      if (!(error instanceof HubError) || error.retryAfterMs === undefined) throw error;
      const wait = waitMs(failures, error.retryAfterMs);
      if (Date.now() + wait > deadline) throw error;
      await sleep(wait);
    }
  }
}

/** Too many calls, or a hub that begins, ends or has no database. */
const isPassing = (status: number) => status === 429 || (status >= 502 && status <= 504);

/** The payload of a mutation, unless the hub found mistakes: then it throws HubError. */
export function checked<Payload extends { userErrors: UserErrorDetail[] }>(
  payload: Payload,
): Payload {
  if (payload.userErrors.length === 0) return payload;
  throw new HubError(
    payload.userErrors.map(({ code, message }) => `${message} (${code})`).join("\n"),
  );
}

/** An object whose values are written as they were sent. */
export const exact = (fields: Record<string, unknown>) => jsonObject(Object.entries(fields));

const withoutAbsent = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

async function post(
  { url, key }: HubPlace,
  body: string,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        accept: "application/json",
      },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw new HubError(
      `The hub at ${url} cannot be reached: ${reasonOf(error)}. Is it running, and the address right? (--url, SIGNALBOX_URL)`,
      { cause: error, retryAfterMs: null },
    );
  }
}

/** fetch() says only that it failed; the cause says why, one for each address of the host. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}

function parseAnswer<Data>(text: string): Answer<Data> | null {
  try {
    const answer = parseJson(text);
    const isGraphql =
      typeof answer === "object" && answer !== null && ("data" in answer || "errors" in answer);
    return isGraphql ? (answer as Answer<Data>) : null;
  } catch {
    return null;
  }
}

function explained({
  message,
  extensions: { code } = {},
}: {
  message: string;
  extensions?: { code?: string };
}) {
  if (code === "UNAUTHENTICATED") return `${message} (--key, SIGNALBOX_KEY)`;
  return code === undefined ? message : `${message} (${code})`;
}
