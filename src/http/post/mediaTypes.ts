export const EVENTS = "text/event-stream";
export const RESPONSE_JSON = "application/graphql-response+json";
export const JSON_TYPE = "application/json";

type MediaType = typeof EVENTS | typeof RESPONSE_JSON | typeof JSON_TYPE;
const mediaTypes: readonly MediaType[] = [EVENTS, RESPONSE_JSON, JSON_TYPE];

/** Which of our media types a client accepts. */
export type Accepted = {
  /**
   * The preferred type; the first one named if weights are equal. Undefined if none is acceptable.
   */
  first: MediaType | undefined;
  takesEvents: boolean;
  /**
   * The type of a JSON response, which errors always are. With equal weights it is GraphQL's own
   * type: with it clients read errors under any status, while many ignore plain JSON under a status
   * other than 200.
   */
  json: Exclude<MediaType, typeof EVENTS>;
};

/** Parses an `Accept` header with its weights. */
export function readAccept(accept: string | undefined): Accepted {
  const weights = new Map<MediaType, number>();
  for (const item of (accept || "*/*").toLowerCase().split(",")) {
    const [range, ...parameters] = item.split(";").map((it) => it.trim());
    const weight = Number(parameters.find((it) => it.startsWith("q="))?.slice(2) ?? 1);
    const isAny = range === "*/*" || range === "application/*";
    const type = isAny ? JSON_TYPE : mediaTypes.find((it) => it === range);
    if (type && weight > 0 && !weights.has(type)) weights.set(type, weight);
  }
  const weightOf = (type: MediaType) => weights.get(type) ?? 0;
  const [first] = [...weights].sort(([, a], [, b]) => b - a)[0] ?? [];
  const likesResponse =
    weightOf(RESPONSE_JSON) > 0 && weightOf(RESPONSE_JSON) >= weightOf(JSON_TYPE);
  return {
    first,
    takesEvents: weights.has(EVENTS),
    json: likesResponse ? RESPONSE_JSON : JSON_TYPE,
  };
}
