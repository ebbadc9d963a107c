import type { HookHealth } from "../../db/hook/hookHealth.ts";
import { type HookStats, noStats, statsOf } from "../../db/hook/hookStats.ts";
import { type HookRow, hookByName, hooksById } from "../../db/hook/hooks.ts";
import { listHooks } from "../../db/page/lists.ts";
import { openHeaders } from "../../domain/hook/hookSecrets.ts";
import { redactRequestHeaders } from "../../domain/hook/redactedHeaders.ts";
import { publicKeyOfHook, signatureOf } from "../../domain/hookSecret/hookSignature.ts";
import { rawJson } from "../../util/json/rawJson.ts";
import { builder, Node } from "../builder/builder.ts";
import type { Context } from "../builder/context.ts";
import { MatchTraceRef } from "../event/event.ts";
import { connectionType, pageRequest, toConnection } from "../page/connection.ts";
import { batched, rowLoader } from "../page/loaders.ts";
import { pageArgs } from "../page/pageArgs.ts";
import {
  HookFormatEnum,
  HookStatusEnum,
  HookVerificationEnum,
  MatchReasonEnum,
  SignatureEnum,
} from "./hookEnums.ts";
import { OrderFailureEnum } from "./orderFailure.ts";

/** A hook of the caller's project, even if deleted. */
export const loadHook = rowLoader<HookRow>("hook", hooksById);

export async function loadStats(context: Context, hook: HookRow): Promise<HookStats> {
  const { caller, read } = context;
  const loader = batched(context, "hookStats", (ids) =>
    read((sql) => statsOf(sql, caller.projectId, ids)),
  );
  return (await loader.load(hook.id)) ?? noStats(hook);
}

/** A hook; as of a change of its health, with what it became. */
type ShownHook = HookRow & { health?: HookHealth; healthSince?: string };

export const Hook = builder.objectRef<ShownHook>("Hook").implement({
  description: "A subscription: which events the hub POSTs to which URL, and how.",
  interfaces: [Node],
  fields: (t) => ({
    name: t.exposeString("name", {
      nullable: true,
      description:
        "The name; unique among the project's hooks that are not deleted. Null if none was given.",
    }),
    uid: t.exposeString("uid", {
      nullable: true,
      description:
        "An id that was given by the Svix-compatible API, unique among the hooks of the user. Null if none was given.",
    }),
    description: t.exposeString("description", {
      nullable: true,
      description: "What the hook is for; it is never sent.",
    }),
    metadata: t.field({
      type: "JSON",
      nullable: true,
      description: "An object with facts about the hook; it is never sent.",
      resolve: ({ metadata }) => rawJson(metadata),
    }),
    types: t.exposeStringList("types", {
      description:
        "The event types that the hook receives: exact types, `*`, or prefixes such as `ticket.*`. Events of origin SYSTEM match exact types only, except for those about hooks (`hook.failing` and so on).",
    }),
    channels: t.exposeStringList("channels", {
      nullable: true,
      description: "Only events that have one of these channels match. Null matches all events.",
    }),
    url: t.exposeString("url", { description: "The URL that events are POSTed to." }),
    format: t.expose("format", {
      type: HookFormatEnum,
      description: "The format of the requests.",
    }),
    filter: t.exposeString("filter", {
      nullable: true,
      description: "A CEL expression over `event`. Null matches all events.",
    }),
    userId: t.exposeString("userId", {
      nullable: true,
      description: "Only events of this user match. Null matches all events.",
    }),
    retries: t.exposeInt("retries", { description: "Retries after the first attempt: 0 to 20." }),
    timeoutMs: t.exposeInt("timeoutMs", {
      description:
        "Timeout of one attempt in milliseconds, for connecting, headers and body together: 100 to 60,000.",
    }),
    retryScheduleMs: t.exposeIntList("retryScheduleMs", {
      nullable: true,
      description:
        "Milliseconds to wait before each retry, ±20 %; the last value repeats. Null is the default: 5 s, 15 s, 45 s and so on, ×3 up to 1 h.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "The hook's own headers. Values read [redacted], except a few such as accept. In updateHook, the value [redacted] keeps the stored value.",
      resolve: (hook, _args, { hub }) => redactRequestHeaders(openHeaders(hub.hooks.box, hook)),
    }),
    unsubscribeOn: t.exposeIntList("unsubscribeOn", {
      description: "Response status codes that delete the hook.",
    }),
    finalStatuses: t.exposeIntList("finalStatuses", {
      description:
        "Response status codes that end a delivery as FAILED at once, whatever tries are left.",
    }),
    maxInFlight: t.exposeInt("maxInFlight", {
      description: "Maximum number of concurrent requests: 1 to 256.",
    }),
    rateLimitPerSecond: t.exposeInt("rateLimitPerSecond", {
      nullable: true,
      description: "Maximum number of requests per second: 1 to 10,000. Null for no limit.",
    }),
    orderBy: t.exposeString("orderBy", {
      nullable: true,
      description:
        "A CEL expression over `event` that yields a text: deliveries with the same text are sent one after the other, in the order in which the events were accepted. Null for no order.",
    }),
    onOrderFailure: t.expose("onOrderFailure", {
      type: OrderFailureEnum,
      description: "What follows when a delivery with a key has used up its attempts.",
    }),
    template: t.exposeString("template", {
      nullable: true,
      description:
        "A Liquid template over `event`: what it renders is the request body. Null sends the format's body.",
    }),
    templateContentType: t.exposeString("templateContentType", {
      nullable: true,
      description: "The content type of what the template renders; null without a template.",
    }),
    selection: t.exposeString("selection", {
      nullable: true,
      description:
        "A GraphQL selection over the event: its result as JSON is the request body. Null sends the format's body, or the template's.",
    }),
    changed: t.exposeStringList("changed", {
      nullable: true,
      description:
        "Updates of resources match only if they change one of these attributes. Null: all updates match.",
    }),
    verification: t.expose("verification", {
      type: HookVerificationEnum,
      description: "How the target has to consent, or had to.",
    }),
    allowedPerMinute: t.exposeInt("allowedPerMinute", {
      nullable: true,
      description:
        "The requests per minute that the target allowed by WebHook-Allowed-Rate. Null for no limit.",
    }),
    signature: t.field({
      type: SignatureEnum,
      description: "How requests are signed from now on.",
      resolve: signatureOf,
    }),
    publicKey: t.string({
      nullable: true,
      description:
        "The newest key with which receivers verify, if `signature` is ED25519: `whpk_` and the base64 of its 32 bytes. Null with HMAC_SHA256.",
      resolve: publicKeyOfHook,
    }),
    status: t.expose("status", { type: HookStatusEnum, description: "The current state." }),
    statusReason: t.exposeString("statusReason", {
      nullable: true,
      description: "The reason for the current state; null if there is none.",
    }),
    triggeredCount: t.int({
      description: "The number of events that matched the hook. Retries are not counted.",
      resolve: async (hook, _args, context) => (await loadStats(context, hook)).triggeredCount,
    }),
    lastTriggeredAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When an event last matched the hook; null if none has.",
      resolve: async (hook, _args, context) => (await loadStats(context, hook)).lastTriggeredAt,
    }),
    succeededCount: t.int({
      description: "The number of deliveries that SUCCEEDED.",
      resolve: async (hook, _args, context) => (await loadStats(context, hook)).succeededCount,
    }),
    failedCount: t.int({
      description: "The number of deliveries that FAILED.",
      resolve: async (hook, _args, context) => (await loadStats(context, hook)).failedCount,
    }),
    createdAt: t.expose("createdAt", {
      type: "DateTime",
      description: "When the hook was registered.",
    }),
    updatedAt: t.expose("updatedAt", {
      type: "DateTime",
      description: "When the hook was last changed.",
    }),
  }),
});

MatchTraceRef.implement({
  description: "The result of matching one hook with one event.",
  fields: (t) => ({
    hook: t.field({
      type: Hook,
      nullable: true,
      description: "The hook as it is now.",
      resolve: async ({ hookId }, _args, context) => (await loadHook(context, hookId)) ?? null,
    }),
    reason: t.expose("reason", {
      type: MatchReasonEnum,
      description: "Why the hook did or did not match.",
    }),
    detail: t.exposeString("detail", {
      nullable: true,
      description: "Details of the reason, such as the field that a filter did not find.",
    }),
  }),
});

export const HookConnection = connectionType("Hook", Hook);

builder.queryFields((t) => ({
  hook: t.field({
    type: Hook,
    nullable: true,
    description: "The hook with this id, even if deleted; null if the project has none.",
    args: { id: t.arg.id({ required: true, description: "The hook's id." }) },
    resolve: (_root, { id }, context) => loadHook(context, id),
  }),
  hookByName: t.field({
    type: Hook,
    nullable: true,
    description: "The hook with this name that is not deleted; null if the project has none.",
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
      ...pageArgs,
      status: t.arg({
        type: [HookStatusEnum],
        description: "Only with one of these statuses. Default: all except DELETED.",
      }),
      type: t.arg.string({ description: "Only hooks that receive this event type." }),
      userId: t.arg.string({ description: "Only hooks of this user." }),
      search: t.arg.string({
        description:
          "Only with this text in the name, URL, description or metadata; case-insensitive. At most 200 characters.",
      }),
      isFailing: t.arg.boolean({
        description:
          "True: only the hooks that `Overview.failingHooks` counts. False: only the others.",
      }),
    },
    resolve: async (_root, args, { caller, read }) =>
      toConnection(await read((sql) => listHooks(sql, caller.projectId, args, pageRequest(args)))),
  }),
}));
