import { comment } from "./member.ts";
import { typeOfSchema } from "./typeOfSchema.ts";

/** A registered event type. */
export type RegisteredType = { name: string; description: string | null; jsonSchema: unknown };

const HEAD =
  "// Written by `signalbox types`: the data of each registered event type. Change the types in the hub, not here.\n";

/** A TypeScript file with the interface `Events`. The same types give the same text, whatever their order. */
export function eventTypesFile(types: readonly RegisteredType[]): string {
  const sorted = types.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const members = sorted.map(({ name, description, jsonSchema }) => {
    const doc = description ? comment(description, "  ") : "";
    return `${doc}  ${JSON.stringify(name)}: ${typeOfSchema(jsonSchema ?? true, "  ")};\n`;
  });
  return `${HEAD}\nexport interface Events {\n${members.join("")}}\n`;
}

/** What makes two files differ, a line for each type; empty when they say the same, however they are formatted. */
export function differences(given: string, right: string): string[] {
  const [old, now] = [membersOf(given), membersOf(right)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => {
    if (!old.has(name)) return [`${name}: is not in the file`];
    if (!now.has(name)) return [`${name}: is no longer registered`];
    return old.get(name) === now.get(name) ? [] : [`${name}: its schema has changed`];
  });
}

/** The members of the interface, without what a formatter may change and without comments. */
function membersOf(file: string): Map<string, string> {
  const [, body = ""] = file.split(/interface Events \{\r?\n/);
  const code = body.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\}\s*$/, "");
  const indent = /^[ \t]+(?=\S)/m.exec(code)?.[0] ?? "  ";
  const start = new RegExp(`^${indent}("(?:[^"\\\\]|\\\\.)*"|[\\w$]+): `, "gm");
  const starts = [...code.matchAll(start)];
  return new Map(
    starts.map(({ index, 0: { length }, 1: name = "" }, at) => [
      name.startsWith('"') ? JSON.parse(name) : name,
      code.slice(index + length, starts[at + 1]?.index).replace(/[\s;,"'()]/g, ""),
    ]),
  );
}
