import { Argument, type Command } from "commander";
import { readImportToken } from "../../config/config.ts";
import { callHub, type HubPlace } from "../hub/callHub.ts";
import { type HubFlags, hubCommand, onHub, settingsOf } from "../hub/onHub.ts";
import { printRows } from "../hub/print.ts";
import { createProgress } from "../hub/progress.ts";
import { Misuse } from "../misuse.ts";
import { readConvoy } from "./convoy.ts";
import { otherSystem } from "./otherSystem.ts";
import { readOutpost } from "./outpost.ts";
import { readSvix } from "./svix.ts";
import { type Result, writeEndpoint, writeType } from "./write.ts";

const readers = { svix: readSvix, convoy: readConvoy, outpost: readOutpost };
type System = keyof typeof readers;

export function addImport(program: Command): void {
  hubCommand(
    program,
    "import",
    "takes event types, and endpoints with their secrets, from another system; run it again at will",
  )
    .addArgument(new Argument("<SYSTEM>", "the other system").choices(Object.keys(readers)))
    .requiredOption("--from <URL>", "the address of its API")
    .option("--token <TOKEN>", "the key to it; better SIGNALBOX_IMPORT_TOKEN")
    .option("--dry-run", "only say what would be taken")
    .action(onHub(importFrom));
}

type Options = HubFlags & { from: string; token?: string; dryRun?: boolean };

async function importFrom(hub: HubPlace, system: System, options: Options): Promise<void> {
  const { from, dryRun: isDryRun = false } = options;
  const importToken = settingsOf(() => readImportToken(options.token));
  if (!URL.canParse(from)) throw new Misuse(`--from must be a URL, not ${JSON.stringify(from)}.`);
  if (importToken === undefined)
    throw new Misuse("No key to the other system is given: set SIGNALBOX_IMPORT_TOKEN.");
  const { types, endpoints } = await readers[system](otherSystem(from, importToken));
  const format = await dataFormat(hub);
  const results: Result[] = [];
  {
    using progress = createProgress();
    const total = types.length + endpoints.length;
    for (const type of types) {
      results.push(await writeType(hub, type, isDryRun));
      progress.show(results.length, total);
    }
    for (const endpoint of endpoints) {
      const name = `${system} ${endpoint.id}`;
      results.push(await writeEndpoint(hub, { name, format, isDryRun }, endpoint));
      progress.show(results.length, total);
    }
  }
  await printRows(options, results, [
    ["KIND", ({ kind }) => kind],
    ["NAME", ({ name }) => name],
    ["RESULT", ({ result }) => result],
    ["SECRET", ({ secret }) => secret],
    ["DETAIL", ({ detail }) => detail],
  ]);
  if (results.some(({ result }) => result === "refused")) process.exitCode = 1;
}

/** The other systems send the data alone. A hub without that format has one with the same body and headers beside it. */
async function dataFormat(hub: HubPlace): Promise<string> {
  type Known = { __type: { enumValues: { name: string }[] } };
  const { __type } = await callHub<Known>(
    hub,
    '{ __type(name: "HookFormat") { enumValues { name } } }',
  );
  return __type.enumValues.some(({ name }) => name === "DATA") ? "DATA" : "CLOUD_EVENT_BINARY";
}
