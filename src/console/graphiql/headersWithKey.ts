import { placeholder } from "./tour.ts";

type Headers = Readonly<Record<string, unknown>>;

/** The key in a tab's headers; undefined if there is none or only the placeholder. */
export const keyIn = (headers: Headers | undefined): string | undefined => {
  const own = headers?.Authorization;
  return typeof own === "string" && own !== "" && own !== placeholder ? own : undefined;
};

/**
 * A tab's headers, completed by the key of another tab. Without a key there is no `Authorization`: the session of the
 * console then counts, if there is one.
 */
export function headersWithKey(headers: Headers | undefined, known: string | undefined) {
  const { Authorization: own, ...rest } = headers ?? {};
  const key = keyIn({ Authorization: own }) ?? known;
  return key === undefined ? rest : { ...rest, Authorization: key };
}
