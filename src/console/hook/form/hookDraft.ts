import type { Json } from "../../gql/graphql.ts";

/** The contents of the form, as typed. */
export type HookDraft = {
  url: string;
  name: string;
  /** Separated by commas or spaces. */
  types: string;
  format: HookFormat;
  filter: string;
  userId: string;
  /** Separated by commas or spaces. */
  channels: string;
  /** Names of attributes, separated by commas or spaces. */
  changed: string;
  retries: string;
  timeoutMs: string;
  retryScheduleMs: string;
  maxInFlight: string;
  rateLimitPerSecond: string;
  orderBy: string;
  onOrderFailure: OrderFailure;
  template: string;
  templateContentType: string;
  selection: string;
  description: string;
  /** A JSON object, or empty. */
  metadata: string;
  unsubscribeOn: string;
  finalStatuses: string;
  /** Failures and hours, separated by a comma or spaces; empty for never. */
  disableAfter: string;
  /** `Name: value` lines. */
  headers: string;
  signature: Signature;
  /** JSON; empty to leave it as it is. */
  auth: string;
  /** Set only at registration. */
  verification: HookVerification;
  /** The signing secret, set only at registration; generated if empty. */
  secret: string;
  /** Whether it begins as PAUSED; set only at registration. */
  paused: "no" | "yes";
};

export const formats = {
  CLOUD_EVENT: "CloudEvents 1.0-rc1: id, type, source, time, data",
  CLOUD_EVENT_STRUCTURED: "CloudEvents 1.0, structured",
  CLOUD_EVENT_BINARY: "CloudEvents 1.0, binary: data as the body, the rest in headers",
  RESOURCE: "The resource itself (types of a resource type)",
  EVENT: "Flat event: type, created_on and the data's fields",
  DATA: "The data alone, with Svix's headers",
} as const;
type HookFormat = keyof typeof formats;
export const isFormat = (text: string): text is HookFormat => Object.hasOwn(formats, text);

export const verifications = {
  NONE: "None: active at once",
  HOOK_SECRET: "Echo of X-Hook-Secret (REST hooks)",
  CLOUD_EVENTS: "Answer to OPTIONS (CloudEvents webhooks)",
} as const;
type HookVerification = keyof typeof verifications;
export const isVerification = (text: string): text is HookVerification =>
  Object.hasOwn(verifications, text);

export const orderFailures = {
  BLOCK: "Block the key until a person releases it",
  PARK: "Park the delivery, the key goes on",
  SKIP: "Leave it as failed, the key goes on",
} as const;
type OrderFailure = keyof typeof orderFailures;
export const isOrderFailure = (text: string): text is OrderFailure =>
  Object.hasOwn(orderFailures, text);

export const signatures = {
  HMAC_SHA256: "HMAC-SHA256: a secret that your server shares",
  ED25519: "Ed25519: your server has only a public key",
} as const;
type Signature = keyof typeof signatures;
export const isSignature = (text: string): text is Signature => Object.hasOwn(signatures, text);

export const emptyDraft: HookDraft = {
  url: "",
  name: "",
  types: "",
  format: "CLOUD_EVENT",
  filter: "",
  userId: "",
  channels: "",
  changed: "",
  retries: "3",
  timeoutMs: "5000",
  retryScheduleMs: "",
  maxInFlight: "16",
  rateLimitPerSecond: "",
  orderBy: "",
  onOrderFailure: "BLOCK",
  template: "",
  templateContentType: "",
  selection: "",
  description: "",
  metadata: "",
  unsubscribeOn: "",
  finalStatuses: "413",
  disableAfter: "",
  headers: "",
  signature: "HMAC_SHA256",
  auth: "",
  verification: "NONE",
  secret: "",
  paused: "no",
};

const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");
const isWhole = (text: string) => /^\d+$/.test(text);

function rangeProblem(text: string, min: number, max: number): string | undefined {
  const isFit = isWhole(text) && Number(text) >= min && Number(text) <= max;
  return isFit ? undefined : `A whole number from ${min} to ${max.toLocaleString("en")}.`;
}

function listProblem(text: string, min: number, max: number): string | undefined {
  const wrong = wordsIn(text).find((word) => rangeProblem(word, min, max));
  return (
    wrong && `Whole numbers from ${min} to ${max.toLocaleString("en")}; "${wrong}" is not one.`
  );
}

function disableAfterProblem(text: string): string | undefined {
  const [failures = "", hours = "", ...more] = wordsIn(text);
  const isFit = isWhole(failures) && Number(failures) >= 1 && /^\d+(\.\d+)?$/.test(hours);
  if (text.trim() === "" || (isFit && more.length === 0)) return undefined;
  return "Two numbers: failures in a row, from 1, and hours, such as 100, 24.";
}

function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url) return "A complete URL, such as https://example.com/events.";
  return ["http:", "https:", "mailto:"].includes(url.protocol)
    ? undefined
    : "An http or https URL, or mailto: with an address.";
}

function headersProblem(text: string): string | undefined {
  const wrong = linesIn(text).find((line) => !/^[^\s:]+:/.test(line));
  return wrong && `One "name: value" per line; "${wrong}" is not.`;
}

function authProblem(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && !Array.isArray(value)) return undefined;
  } catch {}
  return 'A JSON object with oauth2, mtls or ca, such as {"ca": "-----BEGIN CERTIFICATE-----\\n…"}, or null.';
}

function secretProblem(text: string, signature: Signature): string | undefined {
  if (text === "") return undefined;
  if (signature === "ED25519") {
    const isFit = /^whsk_[A-Za-z0-9+/]{43,86}={1,2}$/.test(text);
    return isFit ? undefined : "A private key: whsk_ and the base64 of 64 or 32 bytes.";
  }
  const isFit = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/.test(text);
  return isFit ? undefined : "whsec_ and the base64 of 24 to 64 bytes.";
}

function metadataProblem(text: string): string | undefined {
  if (text.trim() === "" || metadataIn(text)) return undefined;
  return 'A JSON object such as {"team": "billing"}.';
}

function metadataIn(text: string): { [name: string]: Json } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as { [name: string]: Json }) : undefined;
  } catch {
    return undefined;
  }
}

function typesProblem(text: string): string | undefined {
  const types = wordsIn(text);
  if (types.length === 0) return "At least one event type, or * for all.";
  const wrong = types.find((type) => type !== "*" && type.replace(/\.\*$/, "").includes("*"));
  return wrong && `An exact type, *, or a prefix such as ticket.*; "${wrong}" is none of these.`;
}

const linesIn = (text: string): string[] => text.split("\n").flatMap((line) => line.trim() || []);

/** Errors that can be found without the server. */
export function problemsOf(draft: HookDraft): Partial<Record<keyof HookDraft, string>> {
  const { retryScheduleMs, rateLimitPerSecond } = draft;
  const found: [keyof HookDraft, string | undefined][] = [
    ["url", urlProblem(draft.url)],
    ["types", typesProblem(draft.types)],
    ["retries", rangeProblem(draft.retries, 0, 20)],
    ["timeoutMs", rangeProblem(draft.timeoutMs, 100, 60_000)],
    ["retryScheduleMs", listProblem(retryScheduleMs, 100, 86_400_000)],
    ["maxInFlight", rangeProblem(draft.maxInFlight, 1, 256)],
    [
      "rateLimitPerSecond",
      rateLimitPerSecond ? rangeProblem(rateLimitPerSecond, 1, 10_000) : undefined,
    ],
    ["unsubscribeOn", listProblem(draft.unsubscribeOn, 300, 599)],
    ["finalStatuses", listProblem(draft.finalStatuses, 300, 599)],
    ["disableAfter", disableAfterProblem(draft.disableAfter)],
    ["headers", headersProblem(draft.headers)],
    ["metadata", metadataProblem(draft.metadata)],
    ["auth", authProblem(draft.auth)],
    ["secret", secretProblem(draft.secret.trim(), draft.signature)],
  ];
  return Object.fromEntries(found.filter(([, problem]) => problem !== undefined));
}

const disableAfterIn = (text: string) => {
  const [failures, hours] = numbersIn(text);
  return failures === undefined || hours === undefined ? null : { failures, hours };
};

const numbersIn = (text: string): number[] => wordsIn(text).map(Number);

function headersIn(text: string): { [name: string]: Json } {
  return Object.fromEntries(
    linesIn(text).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
}

/** Converts a valid draft to API input. Empty fields become null. */
export function inputOf(draft: HookDraft) {
  const schedule = numbersIn(draft.retryScheduleMs);
  return {
    url: draft.url.trim(),
    name: draft.name.trim() || null,
    types: wordsIn(draft.types),
    format: draft.format,
    filter: draft.filter.trim() || null,
    userId: draft.userId.trim() || null,
    channels: wordsIn(draft.channels).length > 0 ? wordsIn(draft.channels) : null,
    changed: wordsIn(draft.changed).length > 0 ? wordsIn(draft.changed) : null,
    retries: Number(draft.retries),
    timeoutMs: Number(draft.timeoutMs),
    retryScheduleMs: schedule.length > 0 ? schedule : null,
    maxInFlight: Number(draft.maxInFlight),
    rateLimitPerSecond: draft.rateLimitPerSecond ? Number(draft.rateLimitPerSecond) : null,
    orderBy: draft.orderBy.trim() || null,
    onOrderFailure: draft.onOrderFailure,
    template: draft.template.trim() === "" ? null : draft.template,
    templateContentType: draft.templateContentType.trim() || null,
    selection: draft.selection.trim() || null,
    description: draft.description.trim() || null,
    metadata: metadataIn(draft.metadata) ?? null,
    finalStatuses: numbersIn(draft.finalStatuses),
    disableAfter: disableAfterIn(draft.disableAfter),
    signature: draft.signature,
    ...(draft.auth.trim() !== "" && { auth: JSON.parse(draft.auth) }),
    // If absent, the format's default applies.
    ...(draft.unsubscribeOn.trim() !== "" && { unsubscribeOn: numbersIn(draft.unsubscribeOn) }),
    ...(draft.headers.trim() !== "" && { headers: headersIn(draft.headers) }),
  };
}

/** Converts a valid draft to registration input, including fields that cannot be changed later. */
export const registrationOf = (draft: HookDraft) => ({
  ...inputOf(draft),
  verification: draft.verification,
  paused: draft.paused === "yes",
  ...(draft.secret.trim() !== "" && { secret: draft.secret.trim() }),
});
