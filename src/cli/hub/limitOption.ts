import { InvalidArgumentError, Option } from "commander";

/** A whole number within bounds, for commander. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };

/** A whole number whose limits the hub knows. */
export const hubNumber = wholeNumber(0, 999_999_999);

/** The option of lists: how many rows at most. */
export const limitOption = (): Option =>
  new Option("--limit <N>", "how many at most, the newest first; default 100").argParser(
    wholeNumber(1, 1_000_000),
  );

export const DEFAULT_LIMIT = 100;
