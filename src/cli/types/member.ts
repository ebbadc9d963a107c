import { isObject } from "../../util/json/isObject.ts";

/** A name as it stands in an interface. */
export const memberName = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);

/** What a schema says about itself, as a comment above the member; empty when it says nothing. */
export function memberDoc(schema: unknown, indent: string): string {
  const text = isObject(schema) ? schema.description : undefined;
  return typeof text === "string" ? comment(text, indent) : "";
}

/** A comment for editors to show. */
export function comment(text: string, indent: string): string {
  const lines = text
    .trim()
    .replaceAll("*/", "*\\/")
    .split(/\r?\n|[\u2028\u2029]/);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}
