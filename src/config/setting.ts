import { z } from "zod";

/** One setting: `read` returns undefined for an invalid value; `right` describes valid ones. */
export const setting = <T>(right: string, read: (text: string) => T | undefined, shown = quoted) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: `must be ${right}, not ${shown(text)}` });
    return z.NEVER;
  });

const quoted = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
/** Values that may be or contain a secret are not shown on a terminal. */
export const hidden = (text: string) => `the ${text.length} characters given`;

export const wholeNumber = (min: number, max: number) =>
  setting(`a whole number from ${min} to ${max}`, (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined,
  );

export const oneOf = <T extends string>(values: readonly T[]) =>
  setting(`one of ${values.join(", ")}`, (text) => values.find((value) => value === text));

export const list = (text: string) => text.split(",").map((item) => item.trim());
