import { z } from "zod";
import type { HookRow } from "../db/hooks.ts";
import { type UserErrorEntry, UserMistake } from "./errors.ts";
import { compileFilter } from "./hookFilter.ts";
import { checkHeaders } from "./hookHeaders.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: names are one line, and PostgreSQL's text cannot hold NUL
const CONTROL = /[\u0000-\u001f\u007f]/;
const line = z
  .string()
  .min(1, "must not be empty")
  .max(200, "must have at most 200 characters")
  .refine((text) => !CONTROL.test(text), "must not contain control characters");

const isPattern = (text: string) => text === "*" || !text.replace(/\.\*$/, "").includes("*");
const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.number(message).int(message).min(min, message).max(max, message);
};
const retryMs = whole(100, 86_400_000);
const status = whole(300, 599);

const hookInput = z.object({
  name: line.nullish(),
  types: z
    .array(line.refine(isPattern, "must be an exact type, '*', or a prefix such as 'ticket.*'"))
    .min(1, "must have a minimum of 1 items")
    .max(100, "must have a maximum of 100 items"),
  format: z.enum(["CLOUD_EVENT", "CLOUD_EVENT_STRUCTURED", "CLOUD_EVENT_BINARY", "EVENT"]),
  filter: z.string().nullish(),
  userId: line.nullish(),
  retries: whole(0, 20),
  timeoutMs: whole(100, 60_000),
  retryScheduleMs: z
    .array(retryMs)
    .min(1, "must have a minimum of 1 items")
    .max(20, "must have a maximum of 20 items")
    .nullish(),
  unsubscribeOn: z.array(status).max(20, "must have a maximum of 20 items"),
  maxInFlight: whole(1, 256),
  rateLimitPerSecond: whole(1, 10_000).nullish(),
});

/** The settings of a hook that its owner chooses, but for the target, its headers and its secret. */
export type HookSettings = Pick<
  HookRow,
  | "name"
  | "types"
  | "format"
  | "filter"
  | "userId"
  | "retries"
  | "timeoutMs"
  | "retryScheduleMs"
  | "unsubscribeOn"
  | "maxInFlight"
  | "rateLimitPerSecond"
>;

/** `unsubscribeOn` when none is given: the CloudEvents webhook spec ends a subscription on 410. */
export const defaultUnsubscribeOn = (format: HookRow["format"]): number[] =>
  format === "CLOUD_EVENT_STRUCTURED" || format === "CLOUD_EVENT_BINARY" ? [410] : [];

const messagePath = (path: PropertyKey[]) =>
  path
    .reduce<string>(
      (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`),
      "",
    )
    .slice(1);

/** Collects the mistakes of several checks, so that a caller learns of all of them at once. */
export function collectMistakes(checks: (() => unknown)[]): void {
  const entries: UserErrorEntry[] = [];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof UserMistake)) throw error;
      entries.push(...error.entries);
    }
  }
  if (entries.length > 0) throw new UserMistake(entries);
}

/** Checks a hook's settings, its filter and its headers. Throws UserMistake with a path per mistake. */
export function checkHookSettings(settings: HookSettings, headers: unknown): void {
  collectMistakes([
    () => {
      const { error } = hookInput.safeParse(settings);
      if (!error) return;
      throw new UserMistake(
        error.issues.map(({ path, message }) => ({
          code: "INVALID",
          message: `field '${messagePath(path)}' ${message}`,
          path: path.map(String),
        })),
      );
    },
    () => settings.filter != null && compileFilter(settings.filter),
    () => headers != null && checkHeaders(headers),
  ]);
}
