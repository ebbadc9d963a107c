/** The error codes of `UserErrorCode` in the GraphQL schema, with their descriptions. */
export const userErrorCodes = {
  INVALID: "The input's shape or a limit; path says where.",
  NOT_FOUND: "No such entity in this project.",
  NAME_TAKEN: "The name is in use in this project.",
  UNKNOWN_TYPE:
    "The event type is not registered, and the project requires that it is; or it belongs to no resource type.",
  DATA_INVALID: "The event's data does not fit the schema of its type.",
  SCHEMA_INVALID: "The schema is not valid JSON Schema 2020-12 or shorthand, or is over a limit.",
  BREAKING_CHANGE: "The new schema refuses data that the current version accepts.",
  TEMPLATE_INVALID: "A template of a workflow's step is no Liquid, or reads what it cannot know.",
  FILTER_INVALID: "The filter is not a CEL expression that yields a boolean.",
  TARGET_REFUSED: "The target URL may not be called.",
  IDEMPOTENCY_CONFLICT: "The idempotency key was used before with another body.",
  CONFIRMATION_REQUIRED: "An action is pressed only with `confirm: true`.",
  ACTION_EXTERNAL:
    "The action is a link: open its url, which is in the message; the hub calls nothing.",
  ACTION_EXPIRED: "The action's time is over.",
  ACTION_COMPLETE: "The action was done; only one with `repeat` may be pressed again.",
  ACTION_BUSY: "A press of the action is under way.",
  NOT_ALLOWED_NOW: "The entity's state forbids it.",
  LIMIT_REACHED: "A limit of the project is reached.",
} as const;

export type UserErrorCode = keyof typeof userErrorCodes;

/** One error in the caller's input: what is wrong, where (path relative to the input), and what would be right. */
export type UserErrorDetail = { code: UserErrorCode; message: string; path: string[] };

/**
 * Thrown by domain functions for errors in the caller's input. GraphQL returns its entries as `userErrors` of the
 * payload. Any other error is a bug or an outage, and is masked.
 */
export class UserError extends Error {
  override name = "UserError" as const;
  readonly entries: UserErrorDetail[];

  constructor(entries: UserErrorDetail[]) {
    super(entries.map((entry) => entry.message).join(", "));
    this.entries = entries;
  }
}

/** One INVALID entry for each field of the wrong shape: `field 'steps.0.id' must not be empty`. */
export const invalidFields = (issues: readonly { path: PropertyKey[]; message: string }[]) =>
  new UserError(
    issues.map(({ path, message }) => ({
      code: "INVALID",
      message: `field '${path.join(".")}' ${message}`,
      path: path.map(String),
    })),
  );

/** A `UserError` with a single entry. */
export const userError = (code: UserErrorCode, message: string, path: (string | number)[] = []) =>
  new UserError([{ code, message, path: path.map(String) }]);
