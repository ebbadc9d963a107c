/** The error codes of `UserErrorCode` in the GraphQL schema, with their descriptions. */
export const userErrorCodes = {
  INVALID: "A field is malformed or exceeds a limit; see `path`.",
  NOT_FOUND: "The project has no such object.",
  NAME_TAKEN: "The name is already used in this project, or the `uid` by this user.",
  UNKNOWN_TYPE:
    "The event type is not registered although it must be, or it belongs to no resource type.",
  DATA_INVALID: "The event's data does not match the schema of its type.",
  SCHEMA_INVALID:
    "The schema is neither valid JSON Schema 2020-12 nor valid shorthand, or it exceeds a limit.",
  BREAKING_CHANGE:
    "The new schema rejects data that the current version accepts, or a hook's `selection` reads fields that no event would have any more.",
  TEMPLATE_INVALID:
    "A template of a workflow step is not valid Liquid or reads an unknown variable.",
  FILTER_INVALID: "The filter is not a CEL expression that returns a boolean.",
  TARGET_REFUSED: "The target URL is not allowed.",
  IDEMPOTENCY_CONFLICT: "The idempotency key was already used with another body.",
  CONFIRMATION_REQUIRED: "Pressing an action requires `confirm: true`.",
  ACTION_EXTERNAL:
    "The action is only a link. Open its URL, which is in the message; the hub makes no call.",
  ACTION_EXPIRED: "The action has expired.",
  ACTION_COMPLETE: "The action is COMPLETE. Only actions with `repeat` can be pressed again.",
  ACTION_BUSY: "A press of the action is in progress.",
  NOT_ALLOWED_NOW: "The object's current state does not allow this.",
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
