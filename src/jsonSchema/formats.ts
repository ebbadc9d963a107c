import { fastFormats, fullFormats } from "ajv-formats/dist/formats.js";

/** An enforced string format: its test, and the sentence for a text that fails it. */
type TextFormat = { test: (text: string) => boolean; sentence: string };

/** Lower case only, as in goflow. */
const lowercaseUuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The paths of goflow URNs by scheme; other schemes are rejected. */
const urnPaths: Record<string, RegExp> = {
  ext: /./s,
  facebook: /^(?:\d+|ref:.+)$/s,
  fcm: /./s,
  jiochat: /^\d+$/,
  line: /^[a-zA-Z0-9_]{1,36}$/,
  mailto: /^[^\s@]+@[^\s@]+$/,
  tel: /^\+?[a-zA-Z0-9]{3,16}$/,
  telegram: /^\d+$/,
  twitter: /^[a-zA-Z0-9_]{1,15}$/,
  twitterid: /^\d+$/,
  viber: /^[a-zA-Z0-9_=/+]{1,24}$/,
  wechat: /./s,
  whatsapp: /^\d+$/,
};

/** `scheme:path[?query][#display]`; the display of a twitterid is a twitter handle. */
function isUrn(text: string): boolean {
  const [, scheme = "", path = "", display] =
    /^([^:]+):([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/s.exec(text) ?? [];
  if (!Object.hasOwn(urnPaths, scheme) || !urnPaths[scheme]?.test(path)) return false;
  return scheme !== "twitterid" || !display || urnPaths.twitter?.test(display) === true;
}

/**
 * The enforced formats; all others are annotations, as JSON Schema defines. Where ajv-formats has two versions, the one
 * whose expression cannot backtrack far is used: each is linear in the text.
 */
const formats: Record<string, TextFormat> = {
  date: own(fullFormats.date, "must be a valid RFC 3339 date"),
  "date-time": own(fullFormats["date-time"], "must be a valid RFC 3339 date-time"),
  duration: own(fullFormats.duration, "must be a valid ISO 8601 duration"),
  email: own(fastFormats.email, "must be a valid email address"),
  hostname: own(fullFormats.hostname, "must be a valid host name"),
  ipv4: own(fullFormats.ipv4, "must be a valid IPv4 address"),
  ipv6: own(fullFormats.ipv6, "must be a valid IPv6 address"),
  "json-pointer": own(fullFormats["json-pointer"], "must be a valid JSON pointer"),
  regex: own(fullFormats.regex, "must be a valid regular expression"),
  "lowercase-uuid": {
    test: (text) => lowercaseUuid.test(text),
    sentence: "must be a valid UUID",
  },
  "relative-json-pointer": own(
    fullFormats["relative-json-pointer"],
    "must be a valid relative JSON pointer",
  ),
  time: own(fullFormats.time, "must be a valid RFC 3339 time"),
  uri: own(fastFormats.uri, "is not a valid URL"),
  "uri-reference": own(fastFormats["uri-reference"], "is not a valid URL reference"),
  "uri-template": own(fullFormats["uri-template"], "is not a valid URL template"),
  urn: { test: isUrn, sentence: "failed tag 'urn'" },
  uuid: own(fullFormats.uuid, "must be a valid UUID"),
  uuid4: { test: (text) => uuid4.test(text), sentence: "must be a valid UUID4" },
};

/** The enforced format of this name; undefined for an annotation. */
export const textFormat = (name: unknown): TextFormat | undefined =>
  typeof name === "string" && Object.hasOwn(formats, name) ? formats[name] : undefined;

/** The names of the enforced formats. */
export const textFormatNames = Object.keys(formats);

function own(format: unknown, sentence: string): TextFormat {
  const test =
    typeof format === "object" && format !== null && "validate" in format
      ? format.validate
      : format;
  if (test instanceof RegExp) return { test: (text) => test.test(text), sentence };
  if (typeof test === "function") return { test: (text) => test(text) === true, sentence };
  throw new Error(`ajv-formats has no such format: ${sentence}`);
}
