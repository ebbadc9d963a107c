import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { parseJson } from "../../util/json/parseJson.ts";
import { Misuse } from "../misuse.ts";
import { jsonMistake } from "./jsonMistake.ts";

/**
 * JSON given on the command line: the text itself, `@file`, or `-` for the standard input. Undefined when absent.
 * Throws Misuse, with the place of the mistake.
 */
export async function readData(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  const { text, name } = await source(given);
  const mistake = jsonMistake(text);
  if (!mistake) return parseJson(text);
  const before = text.slice(0, mistake.at).split("\n");
  const found = text.slice(mistake.at, mistake.at + 20).split("\n")[0];
  throw new Misuse(
    `${name} is not JSON: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${
      found ? JSON.stringify(found) : "the end"
    } stands where ${mistake.expected} must.`,
  );
}

async function source(given: string): Promise<{ text: string; name: string }> {
  if (given === "-") return { text: await textOf(process.stdin), name: "The standard input" };
  if (!given.startsWith("@")) return { text: given, name: "DATA" };
  const path = given.slice(1);
  try {
    return { text: await readFile(path, "utf8"), name: path };
  } catch (error) {
    throw new Misuse(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
