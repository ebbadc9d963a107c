import { z } from "zod";
import type { ActionStyle } from "../../db/action/actions.ts";
import { isObject } from "../../util/json/isObject.ts";
import { UserError, type UserErrorDetail } from "../../util/userError.ts";
import { documentText } from "../input/documentText.ts";
import { singleLineText } from "../input/singleLineText.ts";

/** Limits of an event's actions; `expireIn` in minutes. */
export const actionLimits = {
  actions: 20,
  buttonText: 48,
  key: 200,
  url: 2_048,
  expireIn: 43_200,
  metaBytes: 65_536,
} as const;

/** Seven days, in minutes. */
const DEFAULT_EXPIRE_IN = 10_080;

const wholeMinutes = `must be a whole number of minutes from 1 to ${actionLimits.expireIn} (30 days)`;

export const actionInput = z.object({
  url: z
    .string()
    .refine(
      (text) => text.length <= actionLimits.url,
      `must have at most ${actionLimits.url} characters`,
    )
    .refine(isLink, "must be an absolute http or https URL, such as https://example.com/ban"),
  buttonText: singleLineText(actionLimits.buttonText),
  key: singleLineText(actionLimits.key).nullish(),
  external: z.boolean().nullish(),
  expireIn: z
    .number()
    .refine((minutes) => Number.isInteger(minutes), wholeMinutes)
    .refine((minutes) => minutes >= 1 && minutes <= actionLimits.expireIn, wholeMinutes)
    .nullish(),
  repeat: z.boolean().nullish(),
  style: z.enum(["DEFAULT", "IMPORTANT", "DANGER"]).nullish(),
});

/** An action as the emitter sends it; `meta` is null, a string or an object. */
export type ActionInput = z.input<typeof actionInput> & { meta?: unknown };

/** A valid `ActionInput` with its defaults; `meta` is JSON text. */
export type CheckedAction = {
  url: string;
  buttonText: string;
  key: string | null;
  external: boolean;
  expireIn: number;
  metaText: string | null;
  repeat: boolean;
  style: ActionStyle;
};

/** Checks a URL that is to be called, as for hooks. Throws UserError. */
export type CheckActionTarget = (url: string) => Promise<string>;

/** A link for people: http or https (never `javascript:`), on one line, and without a misleading user name. */
function isLink(text: string): boolean {
  if (!/^https?:\/\/[^\s\\\p{Cc}\p{Cs}]+$/iu.test(text) || !URL.canParse(text)) return false;
  return new URL(text).username === "" && new URL(text).password === "";
}

const NEEDS_KEY = "Action needs to have a key or be marked as external";

/** Checks the shape and limits of an event's actions. The paths of the errors begin with `actions` and the index. */
export function checkActions(inputs: readonly ActionInput[]): {
  checked: CheckedAction[];
  errors: UserErrorDetail[];
} {
  const errors: UserErrorDetail[] = [];
  const invalid = (message: string, ...path: (string | number)[]) =>
    void errors.push({ code: "INVALID", message, path: ["actions", ...path.map(String)] });
  if (inputs.length > actionLimits.actions) {
    invalid(`an event has at most ${actionLimits.actions} actions, this has ${inputs.length}`);
    return { checked: [], errors };
  }
  const keys = new Set<string>();
  const checked: CheckedAction[] = [];
  for (const [index, { meta, ...input }] of inputs.entries()) {
    const key = input.key || null;
    const external = input.external ?? false;
    const result = actionInput.safeParse({ ...input, key });
    for (const { path, message } of result.error?.issues ?? [])
      invalid(`field 'actions.${index}.${path.join(".")}' ${message}`, index, ...path.map(String));
    if (key === null && !external) invalid(NEEDS_KEY, index, "key");
    if (key !== null && keys.has(key))
      invalid(
        `another action of the event has the key '${key}'; keys are unique in an event`,
        index,
        "key",
      );
    if (key !== null) keys.add(key);
    const metaText = checkMeta(meta, ["actions", String(index), "meta"]);
    if (metaText !== null && typeof metaText !== "string") errors.push(metaText);
    else if (result.success)
      checked.push({
        url: result.data.url,
        buttonText: result.data.buttonText,
        key,
        external,
        expireIn: input.expireIn ?? DEFAULT_EXPIRE_IN,
        metaText,
        repeat: input.repeat ?? false,
        style: result.data.style ?? "DEFAULT",
      });
  }
  return { checked, errors };
}

function checkMeta(meta: unknown, path: string[]): string | null | UserErrorDetail {
  const fits = meta == null || typeof meta === "string" || isObject(meta);
  if (fits) return documentText(meta, path, actionLimits.metaBytes);
  const message = `field '${path.join(".")}' must be null, a string or an object`;
  return { code: "INVALID", message, path };
}

/**
 * Errors for actions whose target may not be called: INVALID or TARGET_REFUSED. External actions are skipped, because
 * the hub does not call them. Returns none while an action's shape is invalid, because that is reported first.
 */
export async function actionTargetErrors(
  actions: readonly CheckedAction[],
  checkTarget: CheckActionTarget,
): Promise<UserErrorDetail[]> {
  const targetErrors = await Promise.all(
    actions.map(async ({ url, external }, index) => {
      const entries = external ? [] : await checkTarget(url).then(() => [], entriesOf);
      return entries.map((entry) => ({
        ...entry,
        path: ["actions", String(index), ...entry.path],
      }));
    }),
  );
  return targetErrors.flat();
}

function entriesOf(error: unknown): UserErrorDetail[] {
  if (error instanceof UserError) return error.entries;
  throw error;
}
