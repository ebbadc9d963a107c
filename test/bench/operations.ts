import type { Caller } from "./hubProcess.ts";

type Refusals = { userErrors: { message: string }[] };

/** As long as what applications emit usually is. */
export const pad = "y".repeat(200);

const REGISTER = `mutation ($input: RegisterHookInput!) {
  registerHook(input: $input) { hook { id } userErrors { message } } }`;
export const EMIT = `mutation ($input: EmitEventInput!) {
  emitEvent(input: $input) { event { id } userErrors { message } } }`;
const EMIT_MANY = `mutation ($input: [EmitEventInput!]!) {
  emitEvents(input: $input) { events { id } userErrors { message } } }`;

function accepted({ userErrors }: Refusals): void {
  if (userErrors[0]) throw new Error(userErrors[0].message);
}

/** Registers a hook for one type; gives back its id. */
export async function register(
  hub: Caller,
  url: string,
  type: string,
  more: object = {},
): Promise<string> {
  const input = { url, types: [type], maxInFlight: 256, ...more };
  type Answer = { registerHook: Refusals & { hook: { id: string } | null } };
  const { registerHook } = await hub.run<Answer>(REGISTER, { input });
  accepted(registerHook);
  if (!registerHook.hook) throw new Error("a hook was not registered");
  return registerHook.hook.id;
}

/** Emits one event. */
export async function emit(hub: Caller, input: object): Promise<void> {
  accepted((await hub.run<{ emitEvent: Refusals }>(EMIT, { input })).emitEvent);
}

/** Emits so many alike in one mutation. */
export async function emitBatch(hub: Caller, count: number, input: object): Promise<void> {
  const batch = Array.from({ length: count }, () => input);
  accepted((await hub.run<{ emitEvents: Refusals }>(EMIT_MANY, { input: batch })).emitEvents);
}
