import { type HookStats, statsOf } from "../../db/hook/hookStats.ts";
import { type HookRow, hookByName, hooksById } from "../../db/hook/hooks.ts";
import { listHooks } from "../../db/page/lists.ts";
import { openHeaders } from "../../domain/hook/hookSecrets.ts";
import { redactRequestHeaders } from "../../domain/hook/redactedHeaders.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { describedEnum } from "../builder/describedEnum.ts";
import { MatchTraceRef } from "../event/event.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";

const HookStatusEnum = describedEnum("HookStatus", "Where a hook stands.", {
  PENDING_VERIFICATION:
    "Its target has to consent first (`verification`); events pass it by until then.",
  ACTIVE: "Receives what it matches.",
  PAUSED: "What it matches is PARKED until it is resumed.",
  DELETED: "Receives nothing ever again; kept for history.",
});

export const HookFormatEnum = describedEnum("HookFormat", "The body a hook receives.", {
  CLOUD_EVENT:
    "application/json: exactly specversion (1.0-rc1), id, type, source, time, data. CloudEvents SDKs do not read this draft: choose CLOUD_EVENT_STRUCTURED for them.",
  CLOUD_EVENT_STRUCTURED:
    "application/cloudevents+json: CloudEvents 1.0, structured mode, with the extensions userid and contextid.",
  CLOUD_EVENT_BINARY:
    "application/json: `data` as the body (`null` without data), `ce-*` headers; CloudEvents 1.0, binary mode, with the extensions userid and contextid.",
  RESOURCE:
    'application/json: the resource that the event is about, as its `representation`: `{"actions":[{"id":"123",…}]}`.',
  EVENT:
    "application/json: the flat typed event: type, created_on, step_uuid, and data's fields beside them.",
});

export const HookVerificationEnum = describedEnum(
  "HookVerification",
  "How a hook's target consents before it receives anything.",
  {
    NONE: "It need not.",
    HOOK_SECRET:
      "By echoing the header X-Hook-Secret of one empty POST with 200 or 204 (resthooks.org), or later by confirmHook.",
    CLOUD_EVENTS:
      "By answering one OPTIONS with WebHook-Allowed-Origin (CloudEvents 1.0, HTTP webhooks, section 4). It does not choose the format: a CloudEvents 1.0 receiver needs CLOUD_EVENT_STRUCTURED or CLOUD_EVENT_BINARY.",
  },
);

export const MatchReasonEnum = describedEnum(
  "MatchReason",
  "Why a hook takes part in an event, or does not.",
  {
    MATCHED: "It matched, and has a delivery.",
    TYPE: "It takes other types.",
    FILTER: "Its filter said no, or met a missing field; `detail` says which.",
    USER: "It takes another user's events.",
    PAUSED: "It matched while paused: its delivery was PARKED.",
    DELETED: "It would have matched, but was deleted.",
    UNVERIFIED: "It would have matched, but its target had not consented.",
    NO_RESOURCE:
      "It sends the event's subject as a resource, and there was none; `detail` says which.",
  },
);

/** A hook of the caller's project, deleted ones too. */
export const loadHook = rowLoader<HookRow>("hook", hooksById);

async function loadStats(context: Context, hookId: string): Promise<HookStats> {
  const { caller, read } = context;
  const loader = batched(context, "hookStats", (ids) =>
    read((sql) => statsOf(sql, caller.projectId, ids)),
  );
  const none = { triggeredCount: 0, lastTriggeredAt: null, succeededCount: 0, failedCount: 0 };
  return (await loader.load(hookId)) ?? none;
}

export const Hook = builder.objectRef<HookRow>("Hook").implement({
  description: "A subscription: where events that match are POSTed to, and how.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      nullable: true,
      description: "Unique among the project's live hooks, when given.",
    }),
    types: t.exposeStringList("types", {
      description:
        "Exact types, `*`, or prefixes such as `ticket.*`; events of origin SYSTEM are taken by their exact type alone.",
    }),
    url: t.exposeString("url", { description: "Where it POSTs to." }),
    format: t.expose("format", { type: HookFormatEnum, description: "What body it gets." }),
    filter: t.exposeString("filter", {
      nullable: true,
      description: "A CEL expression over `event`; null takes all.",
    }),
    userId: t.exposeString("userId", {
      nullable: true,
      description: "Takes this user's events only; null takes all.",
    }),
    retries: t.exposeInt("retries", { description: "Further tries after the first: 0 to 20." }),
    timeoutMs: t.exposeInt("timeoutMs", {
      description: "For connecting, headers and body together: 100 to 60,000 ms.",
    }),
    retryScheduleMs: t.exposeIntList("retryScheduleMs", {
      nullable: true,
      description:
        "Milliseconds before each retry, the last repeated, ±20 %; null is 5 s, 15 s, 45 s … ×3 up to 1 h.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "Its own headers; values are shown as [redacted], but for a few such as accept. In updateHook, [redacted] keeps the value.",
      resolve: (hook, _args, { hub }) => redactRequestHeaders(openHeaders(hub.hooks.box, hook)),
    }),
    unsubscribeOn: t.exposeIntList("unsubscribeOn", {
      description: "Status codes by which the target deletes the hook.",
    }),
    maxInFlight: t.exposeInt("maxInFlight", { description: "Calls at the same time: 1 to 256." }),
    rateLimitPerSecond: t.exposeInt("rateLimitPerSecond", {
      nullable: true,
      description: "Calls a second: 1 to 10,000; null for no limit.",
    }),
    verification: t.expose("verification", {
      type: HookVerificationEnum,
      description: "How its target has to consent, or had to.",
    }),
    allowedPerMinute: t.exposeInt("allowedPerMinute", {
      nullable: true,
      description:
        "Calls a minute that its target allowed by WebHook-Allowed-Rate; null for no limit.",
    }),
    status: t.expose("status", { type: HookStatusEnum, description: "Where it stands." }),
    statusReason: t.exposeString("statusReason", {
      nullable: true,
      description: "Why it stands there.",
    }),
    triggeredCount: t.int({
      description: "Events that matched it, each once, however often it was tried.",
      resolve: async ({ id }, _args, context) => (await loadStats(context, id)).triggeredCount,
    }),
    lastTriggeredAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When an event last matched it.",
      resolve: async ({ id }, _args, context) => (await loadStats(context, id)).lastTriggeredAt,
    }),
    succeededCount: t.int({
      description: "Deliveries that ended well.",
      resolve: async ({ id }, _args, context) => (await loadStats(context, id)).succeededCount,
    }),
    failedCount: t.int({
      description: "Deliveries that ended FAILED.",
      resolve: async ({ id }, _args, context) => (await loadStats(context, id)).failedCount,
    }),
    createdAt: t.expose("createdAt", { type: "DateTime", description: "When it was registered." }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When it was last changed.",
    }),
  }),
});

MatchTraceRef.implement({
  description: "What came of looking at one hook for one event.",
  fields: (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook, as it is now.",
      resolve: async ({ hookId }, _args, context) => (await loadHook(context, hookId)) ?? null,
    }),
    reason: t.expose("reason", {
      type: MatchReasonEnum,
      description: "Why it takes part, or does not.",
    }),
    detail: t.exposeString("detail", {
      nullable: true,
      description: "More of the reason, such as what a filter lacked.",
    }),
  }),
});

export const HookConnection = connectionType("Hook", Hook);

builder.queryFields((t) => ({
  hook: t.field({
    type: Hook,
    nullable: true,
    description: "A hook by its id, a deleted one too; null when the project has none such.",
    args: { id: t.arg.id({ required: true, description: "The hook's id." }) },
    resolve: (_root, { id }, context) => loadHook(context, id),
  }),
  hookByName: t.field({
    type: Hook,
    nullable: true,
    description: "The live hook of that name.",
    args: { name: t.arg.string({ required: true, description: "The exact name." }) },
    resolve: async (_root, { name }, { caller, read }) => {
      const [hook] = await read((sql) => hookByName(sql, caller.projectId, name));
      return hook ?? null;
    },
  }),
  hooks: t.field({
    type: HookConnection,
    description: "The project's hooks, newest first.",
    args: {
      first: t.arg.int({ description: "How many from the start: 0 to 100, default 20." }),
      after: t.arg.string({ description: "The cursor to go on after." }),
      last: t.arg.int({ description: "How many from the end: 0 to 100." }),
      before: t.arg.string({ description: "The cursor to end before." }),
      status: t.arg({
        type: [HookStatusEnum],
        description: "In these states; all but DELETED when absent.",
      }),
      type: t.arg.string({ description: "Only hooks that take this event type." }),
      search: t.arg.string({
        description: "With this text in name or URL, in any case; at most 200 characters.",
      }),
      isFailing: t.arg.boolean({
        description: "Only those that `Overview.failingHooks` counts, or only the others.",
      }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(await read((sql) => listHooks(sql, caller.projectId, args, pageRequest(args)))),
  }),
}));
