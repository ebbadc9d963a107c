import { z } from "zod";
import type { HookRow } from "../../db/hook/hooks.ts";
import { isObject } from "../../util/json/isObject.ts";
import { UserError, type UserErrorDetail, userError } from "../../util/userError.ts";
import { claimLimits } from "../delivery/claimLimits.ts";
import { eventLimits, labels } from "../event/eventInput.ts";
import { compileFilter } from "../filter/hookFilter.ts";
import { compileOrderBy } from "../filter/orderBy.ts";
import { documentText } from "../input/documentText.ts";
import { exactName, hasAtMost, singleLineText } from "../input/singleLineText.ts";
import { checkPayload, contentTypeOf, payloadInput } from "../payload/payloadInput.ts";
import { checkHeaders } from "./hookHeaders.ts";

const name = singleLineText(200);

const isPattern = (text: string) => text === "*" || !text.replace(/\.\*$/, "").includes("*");
const integerBetween = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.number(message).int(message).min(min, message).max(max, message);
};
const retryMs = integerBetween(100, 86_400_000);
const status = integerBetween(300, 599);

const MAX_HOURS = 87_600;
const hoursMessage = `must be a number from 0 to ${MAX_HOURS}`;
const MAX_DESCRIPTION = 4_000;
const MAX_METADATA_BYTES = 16_384;

export const hookInput = z.object({
  name: name.nullish(),
  uid: exactName(eventLimits.uid).nullish(),
  description: z
    .string()
    .refine(hasAtMost(MAX_DESCRIPTION), `must have at most ${MAX_DESCRIPTION} characters`)
    .refine((text) => !/\0|\p{Cs}/u.test(text), "must not contain NUL or halves of characters")
    .nullish(),
  channels: labels.nullish(),
  types: z
    .array(
      exactName(eventLimits.name).refine(
        isPattern,
        "must be an exact type, '*', or a prefix such as 'ticket.*'",
      ),
    )
    .min(1, "must have a minimum of 1 items")
    .max(100, "must have a maximum of 100 items"),
  format: z.enum([
    "CLOUD_EVENT",
    "CLOUD_EVENT_STRUCTURED",
    "CLOUD_EVENT_BINARY",
    "RESOURCE",
    "EVENT",
    "DATA",
  ]),
  filter: z.string().nullish(),
  userId: name.nullish(),
  retries: integerBetween(0, 20),
  timeoutMs: integerBetween(100, claimLimits.maxTimeoutMs),
  retryScheduleMs: z
    .array(retryMs)
    .min(1, "must have a minimum of 1 items")
    .max(20, "must have a maximum of 20 items")
    .nullish(),
  unsubscribeOn: z.array(status).max(20, "must have a maximum of 20 items"),
  maxInFlight: integerBetween(1, 256),
  rateLimitPerSecond: integerBetween(1, 10_000).nullish(),
  orderBy: z.string().nullish(),
  onOrderFailure: z.enum(["BLOCK", "PARK", "SKIP"]),
  ...payloadInput,
  changed: z
    .array(exactName(eventLimits.name))
    .min(1, "must have a minimum of 1 items")
    .max(100, "must have a maximum of 100 items")
    .nullish(),
  finalStatuses: z.array(status).max(20, "must have a maximum of 20 items"),
  disableAfter: z
    .strictObject({
      failures: integerBetween(1, 2_147_483_647),
      hours: z.number(hoursMessage).min(0, hoursMessage).max(MAX_HOURS, hoursMessage),
    })
    .nullish(),
});

/** A hook's settings, without the target, its headers and its secret. */
export type HookSettings = Pick<
  HookRow,
  | "name"
  | "uid"
  | "description"
  | "metadata"
  | "types"
  | "channels"
  | "format"
  | "filter"
  | "userId"
  | "retries"
  | "timeoutMs"
  | "retryScheduleMs"
  | "unsubscribeOn"
  | "maxInFlight"
  | "rateLimitPerSecond"
  | "orderBy"
  | "onOrderFailure"
  | "template"
  | "templateContentType"
  | "selection"
  | "changed"
  | "finalStatuses"
  | "disableAfter"
>;

/**
 * The default of `unsubscribeOn`: the CloudEvents webhook spec ends a subscription on 410, Actionstep's REST hooks also
 * on 401.
 */
function defaultUnsubscribeOn(format: HookRow["format"]): number[] {
  if (format === "RESOURCE") return [401, 410];
  return format === "CLOUD_EVENT_STRUCTURED" || format === "CLOUD_EVENT_BINARY" ? [410] : [];
}

/** A hook as the caller gives it; what is absent keeps its default or, on an update, its value. */
export type HookInput = Partial<{
  [Key in Exclude<keyof HookSettings, "metadata">]: HookSettings[Key] | null | undefined;
}> & {
  metadata?: unknown;
  url?: string | null | undefined;
  headers?: unknown;
};

/** The JSON text of `metadata`. Throws INVALID unless it is an object. */
function metadataText(metadata: unknown): string | null {
  const path = ["metadata"];
  if (metadata !== null && !isObject(metadata))
    throw userError("INVALID", 'metadata is an object such as {"team": "billing"}', path);
  const text = documentText(metadata, path, MAX_METADATA_BYTES);
  if (typeof text === "object" && text !== null) throw new UserError([text]);
  return text;
}

/**
 * Fills in defaults for absent fields; an explicit null clears an optional one. When the format changes, its default
 * `unsubscribeOn` changes with it.
 */
export function settingsOf(
  input: HookInput,
  before: Omit<HookSettings, "unsubscribeOn"> & { unsubscribeOn: number[] | null },
): HookSettings {
  const format = input.format ?? before.format;
  const { unsubscribeOn } = before;
  const isUsual =
    unsubscribeOn === null || String(unsubscribeOn) === String(defaultUnsubscribeOn(before.format));
  const optional = <
    Key extends
      | "name"
      | "uid"
      | "description"
      | "channels"
      | "filter"
      | "userId"
      | "retryScheduleMs"
      | "rateLimitPerSecond"
      | "orderBy"
      | "template"
      | "selection"
      | "changed"
      | "disableAfter",
  >(
    key: Key,
  ) => (input[key] === undefined ? before[key] : (input[key] ?? null));
  const template = optional("template");
  return {
    format,
    name: optional("name"),
    uid: optional("uid"),
    description: optional("description"),
    metadata: input.metadata === undefined ? before.metadata : metadataText(input.metadata),
    channels: optional("channels"),
    filter: optional("filter"),
    userId: optional("userId"),
    retryScheduleMs: optional("retryScheduleMs"),
    rateLimitPerSecond: optional("rateLimitPerSecond"),
    types: input.types ?? before.types,
    retries: input.retries ?? before.retries,
    timeoutMs: input.timeoutMs ?? before.timeoutMs,
    unsubscribeOn: input.unsubscribeOn ?? (isUsual ? defaultUnsubscribeOn(format) : unsubscribeOn),
    maxInFlight: input.maxInFlight ?? before.maxInFlight,
    orderBy: optional("orderBy"),
    onOrderFailure: input.onOrderFailure ?? before.onOrderFailure,
    template,
    templateContentType: contentTypeOf(input.templateContentType, before, template),
    selection: optional("selection"),
    changed: optional("changed"),
    finalStatuses: input.finalStatuses ?? before.finalStatuses,
    disableAfter: optional("disableAfter"),
  };
}

const defaults = {
  format: "CLOUD_EVENT" as const,
  name: null,
  uid: null,
  description: null,
  metadata: null,
  channels: null,
  filter: null,
  userId: null,
  retryScheduleMs: null,
  rateLimitPerSecond: null,
  types: [],
  retries: 3,
  timeoutMs: 5_000,
  unsubscribeOn: null,
  maxInFlight: 16,
  orderBy: null,
  onOrderFailure: "BLOCK" as const,
  template: null,
  templateContentType: null,
  selection: null,
  changed: null,
  finalStatuses: [413],
  disableAfter: null,
};

/** The settings of a hook to be registered, with defaults filled in; not checked yet. */
export const newHookSettings = (input: HookInput): HookSettings => settingsOf(input, defaults);

const messagePath = (path: PropertyKey[]) =>
  path
    .reduce<string>(
      (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`),
      "",
    )
    .slice(1);

/** Collects the errors of several checks, so that the caller sees all of them at once. */
function collectErrors(checks: (() => unknown)[]): void {
  const entries: UserErrorDetail[] = [];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      entries.push(...error.entries);
    }
  }
  if (entries.length > 0) throw new UserError(entries);
}

/** Checks a hook's settings, its filter and its headers. Throws UserError with a path per error. */
export function checkHookSettings(settings: HookSettings, headers: unknown): void {
  collectErrors([
    () => {
      const { error } = hookInput.safeParse(settings);
      if (!error) return;
      throw new UserError(
        error.issues.map(({ path, message }) => ({
          code: "INVALID",
          message: `field '${messagePath(path)}' ${message}`,
          path: path.map(String),
        })),
      );
    },
    () => checkPayload(settings),
    () => settings.filter != null && compileFilter(settings.filter),
    () => settings.orderBy != null && compileOrderBy(settings.orderBy),
    () => headers != null && checkHeaders(headers),
  ]);
}
