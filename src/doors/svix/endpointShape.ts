import { z } from "zod";
import type { HookRow } from "../../db/hook/hooks.ts";
import type { HookInput } from "../../domain/hook/hookInput.ts";
import { identifier, metadata, setOf, throttleRate } from "./input.ts";

const channel = z
  .string()
  .regex(/^[a-zA-Z0-9\-_.:+]+$/, "must be letters, digits and - _ . : + only")
  .max(128, "must have at most 128 characters");

export const channels = setOf(channel, 1, 10);
export const eventType = identifier(200);

export const endpointUid = identifier(256);

export const endpointUpdate = z.object({
  url: z.string().min(1, "must not be empty"),
  uid: endpointUid.nullish(),
  description: z.string().nullish(),
  disabled: z.boolean().nullish(),
  eventTypes: setOf(eventType, 1, 100).nullish(),
  /** The name of `eventTypes` in SDKs of version 1. */
  filterTypes: setOf(eventType, 1, 100).nullish(),
  channels: channels.nullish(),
  metadata: metadata.nullish(),
  throttleRate: throttleRate.nullish(),
  /** The name of `throttleRate` in SDKs of version 1. */
  rateLimit: throttleRate.nullish(),
});

const headers = z.record(z.string(), z.string());

export const endpointIn = endpointUpdate.extend({
  secret: z.string().nullish(),
  headers: headers.nullish(),
});

export const endpointPatch = endpointIn.omit({ headers: true }).partial();

/** The endpoint's names for what goes by other names in the hub. */
export const endpointNames = { types: "eventTypes", rateLimitPerSecond: "throttleRate" };

/** A message is tried as often as Svix tries it, at once and seven times more over 27 hours. */
const delivered = {
  format: "DATA",
  retries: 7,
  retryScheduleMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000],
  timeoutMs: 15_000,
} as const;

type Update = z.output<typeof endpointUpdate>;

/** What an endpoint has when all of it is given; what is absent it does not have. */
export const fullInput = (given: Update): HookInput => ({
  url: given.url,
  uid: given.uid ?? null,
  description: given.description ?? null,
  types: given.eventTypes ?? given.filterTypes ?? ["*"],
  channels: given.channels ?? null,
  metadata: given.metadata ?? null,
  rateLimitPerSecond: given.throttleRate ?? given.rateLimit ?? null,
});

export const newInput = (
  { headers, ...given }: z.output<typeof endpointIn>,
  userId: string,
): HookInput => ({
  ...delivered,
  retryScheduleMs: [...delivered.retryScheduleMs],
  ...fullInput(given),
  userId,
  headers: headers ?? null,
});

/** What is changed of an endpoint; null and an empty list of a filter take all. */
export function changedInput(given: z.output<typeof endpointPatch>): HookInput {
  const types = given.eventTypes === undefined ? given.filterTypes : given.eventTypes;
  const rate = given.throttleRate === undefined ? given.rateLimit : given.throttleRate;
  return {
    ...(given.url !== undefined && { url: given.url }),
    ...(given.uid !== undefined && { uid: given.uid }),
    ...(given.description !== undefined && { description: given.description }),
    ...(types !== undefined && { types: types ?? ["*"] }),
    ...(given.channels !== undefined && { channels: given.channels }),
    ...(given.metadata !== undefined && { metadata: given.metadata }),
    ...(rate !== undefined && { rateLimitPerSecond: rate }),
  };
}

/** As SDKs of both versions read an endpoint. */
export function endpointOut(hook: HookRow) {
  const eventTypes = hook.types.includes("*") ? null : hook.types;
  return {
    id: hook.id,
    uid: hook.uid,
    url: hook.url,
    description: hook.description ?? "",
    metadata: JSON.parse(hook.metadata ?? "{}"),
    disabled: hook.status !== "ACTIVE",
    eventTypes,
    filterTypes: eventTypes,
    channels: hook.channels,
    throttleRate: hook.rateLimitPerSecond,
    rateLimit: hook.rateLimitPerSecond,
    version: 1,
    createdAt: hook.createdAt,
    updatedAt: hook.updatedAt,
  };
}
