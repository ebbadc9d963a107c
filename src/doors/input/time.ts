import { z } from "zod";
import {
  DATE_TIME_FORM,
  OR_A_NUMBER,
  readDateTime,
  readTimestamp,
} from "../../domain/input/dateTime.ts";
import { shown } from "./shown.ts";

const read =
  (readGiven: typeof readDateTime, form: string) =>
  (value: unknown, context: z.RefinementCtx): Date => {
    const given = readGiven(value);
    if (given.problem === undefined) return given.at;
    const message =
      given.problem === "form"
        ? `must be ${form}, not ${shown(value)}`
        : `must lie in the years 1000 to 9999 of UTC, ${shown(value)} does not`;
    context.addIssue({ code: "custom", message, input: value });
    return z.NEVER;
  };

/** An RFC 3339 time. */
export const dateTime = z
  .string()
  .transform(read(readDateTime, DATE_TIME_FORM))
  .meta({ format: "date-time" });

/** The same, or a number of milliseconds or seconds since 1970. */
export const timestamp = z
  .union([z.string(), z.number()], `must be ${DATE_TIME_FORM}${OR_A_NUMBER}`)
  .transform(read(readTimestamp, `${DATE_TIME_FORM}${OR_A_NUMBER}`));

/** An RFC 3339 time that is of UTC when it has no offset. */
export const timeOfUtc = z
  .string()
  .transform((text) => (/(Z|[+-]\d\d:\d\d)$/i.test(text) ? text : `${text}Z`))
  .transform(read(readDateTime, DATE_TIME_FORM));
