import { z } from "zod";
import type { ActionStyle } from "../../db/action/actions.ts";
import { isObject } from "../../util/isObject.ts";
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

const actionInput = z.object({
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

/** What an emitter says of a button; `meta` is null, a string or an object. */
export type ActionInput = z.input<typeof actionInput> & { meta?: unknown };

/** An `ActionInput` that is in order, with its defaults, and `meta` as JSON text. */
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

/** Judges a URL that is to be called, as hooks' are; throws UserError. */
export type JudgeTarget = (url: string) => Promise<string>;

/** A link people can follow: http or https (never `javascript:`), on one line, without a user name that misleads. */
function isLink(text: string): boolean {
  if (!/^https?:\/\/[^\s\\\p{Cc}\p{Cs}]+$/iu.test(text) || !URL.canParse(text)) return false;
  return new URL(text).username === "" && new URL(text).password === "";
}

const NEEDS_KEY = "Action needs to have a key or be marked as external";

/** Checks the shape and limits of an event's actions; the paths of mistakes begin with `actions` and the index. */
export function checkActions(inputs: readonly ActionInput[]): {
  checked: CheckedAction[];
  mistakes: UserErrorDetail[];
} {
  const mistakes: UserErrorDetail[] = [];
  const invalid = (message: string, ...path: (string | number)[]) =>
    void mistakes.push({ code: "INVALID", message, path: ["actions", ...path.map(String)] });
  if (inputs.length > actionLimits.actions) {
    invalid(`an event has at most ${actionLimits.actions} actions, this has ${inputs.length}`);
    return { checked: [], mistakes };
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
    if (metaText !== null && typeof metaText !== "string") mistakes.push(metaText);
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
  return { checked, mistakes };
}

function checkMeta(meta: unknown, path: string[]): string | null | UserErrorDetail {
  const fits = meta == null || typeof meta === "string" || isObject(meta);
  if (fits) return documentText(meta, path, actionLimits.metaBytes);
  const message = `field '${path.join(".")}' must be null, a string or an object`;
  return { code: "INVALID", message, path };
}

/**
 * The mistakes of actions whose target may not be called, INVALID or TARGET_REFUSED. Of external ones none: the hub does
 * not call them.
 */
export async function refusedTargets(
  actions: readonly CheckedAction[],
  checkTarget: JudgeTarget,
): Promise<UserErrorDetail[]> {
  const refused = await Promise.all(
    actions.map(async ({ url, external }, index) => {
      const entries = external ? [] : await checkTarget(url).then(() => [], entriesOf);
      return entries.map((entry) => ({
        ...entry,
        path: ["actions", String(index), ...entry.path],
      }));
    }),
  );
  return refused.flat();
}

function entriesOf(error: unknown): UserErrorDetail[] {
  if (error instanceof UserError) return error.entries;
  throw error;
}
