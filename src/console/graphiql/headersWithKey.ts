import { placeholder } from "./tour.ts";

type Headers = Readonly<Record<string, unknown>>;

/** The key that a tab's headers hold; undefined when they hold none, or what stands there until one is pasted. */
export const keyIn = (headers: Headers | undefined): string | undefined => {
  const own = headers?.Authorization;
  return typeof own === "string" && own !== "" && own !== placeholder ? own : undefined;
};

/** A tab's headers, with the key that another tab knows where this one has none. */
export const headersWithKey = (headers: Headers | undefined, known: string | undefined) =>
  known && !keyIn(headers) ? { ...headers, Authorization: known } : { ...headers };
