/** The schema of an answer that `components` of the OpenAPI document has. */
export const component = (
  name:
    | "AnswerCount"
    | "Attempt"
    | "AuditEntry"
    | "BlockedKey"
    | "Delivery"
    | "EventSchedule"
    | "EventType"
    | "Hook"
    | "Replay"
    | "Statistics"
    | "StatisticsPoint",
) => ({
  $ref: `#/components/schemas/${name}`,
});

/** What the start of a replay or backfill answers. */
export const replayAnswer = (matched: string, replay: string) => ({
  type: "object",
  required: ["matched", "replay"],
  properties: {
    matched: { type: "integer", description: matched },
    replay: { anyOf: [component("Replay"), { type: "null" }], description: replay },
  },
});

/** A page of a list. */
export const listOf = (name: Parameters<typeof component>[0]) => ({
  type: "object",
  required: ["items", "cursor"],
  properties: {
    items: { type: "array", items: component(name) },
    cursor: {
      type: ["string", "null"],
      description: "Pass it as `after` to get the next page; null when there is none.",
    },
  },
});
