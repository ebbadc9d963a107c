import { placeholder } from "./tour.ts";

type Headers = Readonly<Record<string, unknown>>;

/** The key in a tab's headers; undefined if there is none or only the placeholder. */
export const keyIn = (headers: Headers | undefined): string | undefined => {
  const own = headers?.Authorization;
  return typeof own === "string" && own !== "" && own !== placeholder ? own : undefined;
};

/** A tab's headers, completed by the key of another tab. */
export const headersWithKey = (headers: Headers | undefined, known: string | undefined) =>
  known && !keyIn(headers) ? { ...headers, Authorization: known } : { ...headers };
