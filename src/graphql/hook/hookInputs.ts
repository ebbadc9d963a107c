import { builder } from "../builder/builder.ts";
import { HookAuthInput } from "./hookAuth.ts";
import { HookFormatEnum, HookVerificationEnum, SignatureEnum } from "./hookEnums.ts";
import { DisableAfterInput } from "./hookHealth.ts";
import { OrderFailureEnum } from "./orderFailure.ts";

export const RegisterHookInput = builder.inputType("RegisterHookInput", {
  description: "The hook to register.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        "An http or https URL, at most 2,048 characters. Private addresses are rejected with TARGET_REFUSED.",
    }),
    types: t.stringList({
      required: true,
      description:
        "1 to 100 event types: exact types, `*`, or prefixes such as `ticket.*`. Of the events of origin SYSTEM (see `Project.systemEvents`) patterns match those about hooks (`hook.failing` and so on): of the others, give the exact types. With format RESOURCE, only exact types that belong to a resource type.",
    }),
    name: t.string({
      description:
        "A name, unique among the project's hooks that are not deleted; 1 to 200 characters.",
    }),
    description: t.string({
      description: "What the hook is for; at most 4,000 characters. It is never sent.",
    }),
    metadata: t.field({
      type: "JSON",
      description:
        'An object with facts about the hook, such as {"team": "billing"}; at most 16 KiB. It is never sent.',
    }),
    channels: t.stringList({
      description:
        "Match only events that have one of these 1 to 10 channels; each 1 to 128 characters. Default: all events.",
    }),
    format: t.field({
      type: HookFormatEnum,
      defaultValue: "CLOUD_EVENT",
      description: "The format of the requests.",
    }),
    filter: t.string({
      description:
        "A CEL expression over `event`, such as `event.data.amount > 10`; at most 2,000 characters.",
    }),
    userId: t.string({ description: "Match only events of this user. Default: all events." }),
    retries: t.int({ defaultValue: 3, description: "Retries after the first attempt: 0 to 20." }),
    timeoutMs: t.int({
      defaultValue: 5_000,
      description:
        "Timeout of one attempt in milliseconds, for connecting, headers and body together: 100 to 60,000.",
    }),
    retryScheduleMs: t.intList({
      description:
        "Milliseconds to wait before each retry: 1 to 20 values of 100 ms to 24 h; the last one repeats. Default: 5 s, then ×3 up to 1 h.",
    }),
    headers: t.field({
      type: "JSON",
      description:
        "Up to 20 additional request headers, as an object of strings; stored encrypted.",
    }),
    unsubscribeOn: t.intList({
      description:
        "Response status codes that delete the hook. Default: [401, 410] for RESOURCE, [410] for the CloudEvents 1.0 formats, otherwise none.",
    }),
    disableAfter: t.field({
      type: DisableAfterInput,
      description: "When the hub disables the hook. Default: never.",
    }),
    finalStatuses: t.intList({
      description:
        "Response status codes that end a delivery as FAILED at once, whatever tries are left: up to 20 from 300 to 599. Default: [413].",
    }),
    maxInFlight: t.int({
      description: "Maximum number of concurrent requests: 1 to 256, default 16.",
    }),
    rateLimitPerSecond: t.int({
      description: "Maximum number of requests per second: 1 to 10,000. Default: no limit.",
    }),
    orderBy: t.string({
      description:
        "A CEL expression over `event` that yields a text, such as `event.data.customerId`; at most 2,000 characters. Deliveries with the same text are sent one after the other, in the order in which the events were accepted. An event for which it yields null, an empty text or nothing has no order. Default: no order.",
    }),
    onOrderFailure: t.field({
      type: OrderFailureEnum,
      defaultValue: "BLOCK",
      description: "What follows when a delivery with a key has used up its attempts.",
    }),
    template: t.string({
      description:
        "A Liquid template over `event`. What it renders replaces the format's request body; it is the same in every attempt. At most 20,000 characters; it may render 512 KiB. If it fails for an event, the delivery is FAILED, with the reason. Not with format RESOURCE. Default: the format's body.",
    }),
    templateContentType: t.string({
      description:
        "The content type of what the template renders: a media type, at most 200 characters. Default: application/json. Only with a template.",
    }),
    selection: t.string({
      description:
        "A GraphQL selection over the event, such as `{ id type data { amount } }`: its result as JSON is the request body, the same in every attempt. Fields of `data` are those of the schemas of the hook's types; what is absent is null. No fragments, arguments or directives; at most 10,000 characters, 500 fields, 16 levels. Not together with a template, nor with format RESOURCE. Default: the format's body.",
    }),
    changed: t.stringList({
      description:
        "1 to 100 names of attributes, such as `price` or, inside another one, `address.city`; each 1 to 200 characters. An update of a resource (updateResource) matches only if it changes one of them, or something inside. All other events match as without it, also creations and deletions. Default: all updates match.",
    }),
    verification: t.field({
      type: HookVerificationEnum,
      defaultValue: "NONE",
      description:
        "How the target has to consent. Except with NONE, the hook is PENDING_VERIFICATION until it does.",
    }),
    paused: t.boolean({
      defaultValue: false,
      description:
        "Register it as PAUSED: it is never ACTIVE before resumeHook. Not with a `verification`.",
    }),
    signature: t.field({
      type: SignatureEnum,
      defaultValue: "HMAC_SHA256",
      description: "How requests are signed.",
    }),
    auth: t.field({
      type: HookAuthInput,
      description:
        "How requests authenticate, beside their signature. Default: they do not. Errors: INVALID; TARGET_REFUSED for the token URL.",
    }),
    secret: t.string({
      description:
        "The signing secret: `whsec_` and the base64 of 24 to 64 bytes; with signature ED25519 the private key, `whsk_` and the base64 of the 32-byte seed and the 32-byte public key (or of the seed alone). Default: generated.",
    }),
  }),
});

export const UpdateHookInput = builder.inputType("UpdateHookInput", {
  description: "The changes. Absent fields keep their value; null clears an optional field.",
  fields: (t) => ({
    url: t.string({
      description:
        "As in RegisterHookInput. If the hook has a `verification`, the hub asks the new target for consent. A hook that still waits for consent asks again even if the URL is unchanged.",
    }),
    types: t.stringList({ description: "As in RegisterHookInput." }),
    name: t.string({ description: "As in RegisterHookInput; null removes it." }),
    description: t.string({ description: "As in RegisterHookInput; null removes it." }),
    metadata: t.field({
      type: "JSON",
      description: "As in RegisterHookInput; null removes it.",
    }),
    channels: t.stringList({ description: "As in RegisterHookInput; null removes them." }),
    format: t.field({
      type: HookFormatEnum,
      description:
        "Applies to events matched from now on. If `unsubscribeOn` was the default of the old format, it becomes that of the new one.",
    }),
    filter: t.string({ description: "As in RegisterHookInput; null removes it." }),
    userId: t.string({ description: "As in RegisterHookInput; null removes it." }),
    retries: t.int({
      description:
        "Retries after the first attempt: 0 to 20. Applies to events matched from now on.",
    }),
    timeoutMs: t.int({ description: "As in RegisterHookInput." }),
    retryScheduleMs: t.intList({
      description: "As in RegisterHookInput; null restores the default.",
    }),
    headers: t.field({ type: "JSON", description: "Replaces all headers; null removes them." }),
    unsubscribeOn: t.intList({ description: "As in RegisterHookInput." }),
    finalStatuses: t.intList({ description: "As in RegisterHookInput." }),
    disableAfter: t.field({
      type: DisableAfterInput,
      description: "As in RegisterHookInput; null for never.",
    }),
    maxInFlight: t.int({ description: "As in RegisterHookInput." }),
    rateLimitPerSecond: t.int({
      description: "As in RegisterHookInput; null removes the limit.",
    }),
    orderBy: t.string({
      description:
        "As in RegisterHookInput; null removes the order. Applies to events matched from now on.",
    }),
    onOrderFailure: t.field({
      type: OrderFailureEnum,
      description: "As in RegisterHookInput; applies to deliveries that fail from now on.",
    }),
    template: t.string({
      description:
        "As in RegisterHookInput; null removes it, and its content type. Applies to events matched from now on, and to retries of what could not be rendered.",
    }),
    templateContentType: t.string({
      description: "As in RegisterHookInput; null restores the default.",
    }),
    selection: t.string({
      description:
        "As in RegisterHookInput; null removes it. Applies to events matched from now on.",
    }),
    changed: t.stringList({ description: "As in RegisterHookInput; null removes it." }),
    signature: t.field({
      type: SignatureEnum,
      description:
        "Another one than the hook has makes a new key of that kind at once; the old keys sign, too, for 24 hours. HMAC_SHA256: see `HookPayload.secret`. ED25519: see `Hook.publicKey`.",
    }),
    auth: t.field({
      type: HookAuthInput,
      description:
        "As in RegisterHookInput; null removes it. The whole value is replaced, so secrets have to be given again.",
    }),
  }),
});
