import { describedEnum } from "../builder/describedEnum.ts";

export const HookStatusEnum = describedEnum("HookStatus", "The state of a hook.", {
  PENDING_VERIFICATION:
    "The target has not consented yet (see `verification`). Until it does, the hook receives no events.",
  ACTIVE: "Receives the events that it matches.",
  PAUSED: "Deliveries of matching events are PARKED until the hook is resumed.",
  DISABLED:
    "Disabled by the hub: its attempts failed for as long as `disableAfter` says, or its target answered with the header `webhook-delivery: disable`. Deliveries of matching events are PARKED until enableHook.",
  DELETED: "Receives nothing and cannot be restored. Kept for history.",
});

export const HookFormatEnum = describedEnum(
  "HookFormat",
  "The format of the requests that a hook receives.",
  {
    CLOUD_EVENT:
      "application/json: exactly specversion (1.0-rc1), id, type, source, time, data. CloudEvents SDKs do not parse this draft version; use CLOUD_EVENT_STRUCTURED for them.",
    CLOUD_EVENT_STRUCTURED:
      "CloudEvents 1.0, structured mode: application/cloudevents+json with the extensions userid and contextid.",
    CLOUD_EVENT_BINARY:
      "CloudEvents 1.0, binary mode: application/json with `data` as the body (`null` if there is no data) and `ce-*` headers, including the extensions userid and contextid.",
    RESOURCE:
      'application/json: the `representation` of the resource that the event is about: `{"actions":[{"id":"123",…}]}`.',
    EVENT:
      "application/json: the flat event: type, created_on, step_uuid and the fields of data side by side.",
    DATA: "application/json: `data` alone (`null` if there is no data), as Svix sends it, with the headers svix-id, svix-timestamp and svix-signature beside webhook-*.",
  },
);

export const HookVerificationEnum = describedEnum(
  "HookVerification",
  "How a hook's target consents before it receives events.",
  {
    NONE: "No consent is needed.",
    HOOK_SECRET:
      "The hub sends one empty POST with the header X-Hook-Secret (resthooks.org). The target consents by echoing the header with 200 or 204, or later by confirmHook.",
    CLOUD_EVENTS:
      "The hub sends one OPTIONS request; the target consents by answering with WebHook-Allowed-Origin (CloudEvents 1.0, HTTP webhooks, section 4). This does not set the format: CloudEvents 1.0 receivers need CLOUD_EVENT_STRUCTURED or CLOUD_EVENT_BINARY.",
  },
);

export const SignatureEnum = describedEnum(
  "Signature",
  "How a hook's requests are signed (Standard Webhooks).",
  {
    HMAC_SHA256: "`v1`: an HMAC with a secret that the hub and the receiver share.",
    ED25519:
      "`v1a`: an Ed25519 signature. The private key stays in the hub; receivers verify with `Hook.publicKey`.",
  },
);

export const MatchReasonEnum = describedEnum(
  "MatchReason",
  "Why a hook did or did not match an event.",
  {
    MATCHED: "It matched and has a delivery.",
    TARGET: "The event was emitted for another hook alone (`Event.targetHook`).",
    TYPE: "The hook's `types` do not include the event's type.",
    FILTER: "The filter was false or read a missing field; see `detail`.",
    USER: "The hook receives another user's events only.",
    CHANNEL: "The hook receives events of other channels only; see `detail`.",
    UNCHANGED: "None of the attributes in the hook's `changed` has changed; see `detail`.",
    ITSELF: "The event is about the hook itself, and would have matched.",
    PAUSED: "It matched while the hook was paused. The delivery was PARKED.",
    DISABLED: "It matched while the hook was disabled. The delivery was PARKED.",
    DELETED: "It would have matched, but the hook was deleted.",
    UNVERIFIED: "It would have matched, but the target had not consented yet.",
    NO_RESOURCE:
      "The hook sends the event's subject as a resource, and that resource did not exist; see `detail`.",
  },
);
