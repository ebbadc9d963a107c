import { callHub, checked, exact, type HubPlace, type UserErrorDetail } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import type { FoundEndpoint, FoundType } from "./found.ts";
import { takeSecret } from "./secret.ts";

/** What became of one event type or endpoint. `new`: it is not here yet, and would be made (--dry-run). */
export type Result = {
  kind: "event type" | "endpoint";
  name: string;
  result: "created" | "new" | "exists" | "refused";
  /** The secret, when the receiver has to be given it. */
  secret: string | null;
  detail: string | null;
};

/** Registers an event type, unless there is one of its name. */
export async function writeType(
  hub: HubPlace,
  type: FoundType,
  isDryRun: boolean,
): Promise<Result> {
  const { name, description, schema } = type;
  const result = { kind: "event type" as const, name, secret: null, detail: null };
  const { eventType } = await callHub<{ eventType: object | null }>(
    hub,
    "query ($name: String!) { eventType(name: $name) { id } }",
    { name },
  );
  if (eventType) return { ...result, result: "exists" };
  if (isDryRun) return { ...result, result: "new" };
  const input = exact({
    name,
    ...(description && { description }),
    ...(schema != null && { schema }),
  });
  return orRefused(result, async () => {
    const { payload } = await callHub<{ payload: { userErrors: UserErrorDetail[] } }>(
      hub,
      registerType,
      {
        input,
      },
    );
    checked(payload);
    return { ...result, result: "created" };
  });
}

/**
 * Registers a hook for an endpoint, unless there is one of its name. Where something of it is lost it is paused, as one
 * that is disabled there: it might send what it should not.
 */
export async function writeEndpoint(
  hub: HubPlace,
  { name, format, isDryRun }: { name: string; format: string; isDryRun: boolean },
  endpoint: FoundEndpoint,
): Promise<Result> {
  const { url, types, userId, headers, rateLimitPerSecond, timeoutMs, lost, isDisabled } = endpoint;
  const taken = takeSecret(endpoint.secret);
  const details = [
    ...(lost.length > 0 ? [`paused: not taken over: ${lost.join("; ")}`] : []),
    ...(isDisabled ? ["paused: it is disabled there"] : []),
    ...(taken?.isKept ? [] : [taken ? "its secret has another form here" : "it has a new secret"]),
  ];
  const result = {
    kind: "endpoint" as const,
    name,
    secret: null,
    detail: details.join(". ") || null,
  };
  const { hookByName } = await callHub<{ hookByName: object | null }>(
    hub,
    "query ($name: String!) { hookByName(name: $name) { id } }",
    { name },
  );
  if (hookByName) return { ...result, result: "exists", detail: null };
  if (types.length === 0)
    return { ...result, result: "refused", detail: "it takes no event types there" };
  if (isDryRun) return { ...result, result: "new" };
  const input = {
    ...{ url, types, name, format },
    ...(userId && { userId }),
    ...(taken && { secret: taken.secret }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(rateLimitPerSecond && { rateLimitPerSecond }),
    paused: lost.length > 0 || isDisabled,
    ...(timeoutMs && { timeoutMs: Math.min(timeoutMs, 60_000) }),
  };
  return orRefused(result, async () => {
    const { registered } = await callHub<{
      registered: { secret: string; userErrors: UserErrorDetail[] };
    }>(hub, registerHook, { input });
    const { secret } = checked(registered);
    return { ...result, result: "created", secret: taken?.isKept ? null : secret };
  });
}

/** A mistake in one of many does not stop the others. */
async function orRefused(
  result: Omit<Result, "result">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { ...result, result: "refused", detail: error.message };
  }
}

const registerType = `mutation ($input: RegisterEventTypeInput!) {
  payload: registerEventType(input: $input) { userErrors { code message path } }
}`;
const registerHook = `mutation ($input: RegisterHookInput!) {
  registered: registerHook(input: $input) { secret userErrors { code message path } }
}`;
