import { readFile, writeFile } from "node:fs/promises";
import type { Command } from "commander";
import type { HubPlace } from "../hub/callHub.ts";
import { HubError } from "../hub/hubError.ts";
import { listAll, pageInfo } from "../hub/listAll.ts";
import { type HubFlags, hubCommand, onHub } from "../hub/onHub.ts";
import { note } from "../hub/print.ts";
import { Misuse } from "../misuse.ts";
import { differences, eventTypesFile, type RegisteredType } from "./eventTypesFile.ts";

export function addTypes(program: Command): void {
  hubCommand(
    program,
    "types",
    "prints TypeScript types of all registered event types: export interface Events",
  )
    .option("--out <FILE>", "write them into this file instead")
    .option("--check", "only compare them with the file; exit code 1, naming the types that differ")
    .action(onHub(types));
}

async function types(
  hub: HubPlace,
  { out, check }: HubFlags & { out?: string; check?: boolean },
): Promise<void> {
  if (check && out === undefined)
    throw new Misuse("--check compares a file with the hub: name it with --out FILE.");
  const all = await listAll<RegisteredType & { archivedAt: string | null }>(hub, document, {});
  const used = all.filter(({ archivedAt }) => archivedAt === null);
  const text = eventTypesFile(used);
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  if (check) return compare(out, text);
  await writeFile(out, text).catch((error) => {
    throw new HubError(`${out} cannot be written: ${error.message}`);
  });
  note(`${out}: ${used.length} event ${used.length === 1 ? "type" : "types"}`);
}

async function compare(out: string, right: string): Promise<void> {
  const given = await readFile(out, "utf8").catch((error) => {
    throw new HubError(`${out} cannot be read: ${error.message}`);
  });
  const found = differences(given, right);
  if (found.length === 0) return;
  throw new HubError(
    [
      `${out} differs from the hub's event types (types --out ${out} writes it anew):`,
      ...found,
    ].join("\n"),
  );
}

const document = `query ($first: Int, $after: String) {
  page: eventTypes(first: $first, after: $after) { nodes { name description jsonSchema archivedAt } ${pageInfo} }
}`;
