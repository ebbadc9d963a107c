import { type Exchange, headersOf } from "./attemptTexts.ts";

/** A part of an attempt that differs from the other one; null where it is missing. */
type Difference = { what: string; before: string | null; after: string | null };

function headerDifferences(
  what: string,
  before: Exchange["requestHeaders"],
  after: Exchange["requestHeaders"],
): Difference[] {
  const [old, now] = [new Map(headersOf(before)), new Map(headersOf(after))];
  return [...new Set([...old.keys(), ...now.keys()])].map((name) => ({
    what: `${what} ${name}`,
    before: old.get(name) ?? null,
    after: now.get(name) ?? null,
  }));
}

/** What differs between two attempts of a delivery. Their bodies are the same. */
export function differences(before: Exchange, after: Exchange): Difference[] {
  const facts: Difference[] = [
    {
      what: "Status code",
      before: before.statusCode?.toString() ?? null,
      after: after.statusCode?.toString() ?? null,
    },
    { what: "Error", before: before.error, after: after.error },
    { what: "Address", before: before.remoteAddress, after: after.remoteAddress },
    { what: "Response body", before: before.responseBody, after: after.responseBody },
  ];
  return [
    ...facts,
    ...headerDifferences("Request header", before.requestHeaders, after.requestHeaders),
    ...headerDifferences("Response header", before.responseHeaders, after.responseHeaders),
  ].filter((it) => it.before !== it.after);
}
