import type { Json } from "../gql/graphql.ts";
import { parseJson } from "../ui/json/parseJson.ts";

type Templates = { url: string; headers: Json; body: Json };

/** The user variables that the steps name, with empty values. */
export function variablesNamed(steps: readonly Templates[]): { [name: string]: Json } {
  const text = steps
    .map(({ url, headers, body }) => JSON.stringify([url, headers, body]))
    .join(" ");
  const names = [...text.matchAll(/\buser\.([A-Za-z_]\w*)/g)].map(([, name = ""]) => name);
  return Object.fromEntries(names.map((name) => [name, ""]));
}

/** Parses variables; returns them or a problem. */
export function parseVariables(text: string): { value: Json } | { problem: string } {
  const parsed = parseJson(text.trim() === "" ? "{}" : text);
  if ("problem" in parsed) return parsed;
  const { value } = parsed;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? parsed
    : { problem: 'An object, such as {"slackUrl": "https://…"}.' };
}
