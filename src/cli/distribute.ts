import type { Command } from "commander";
import type { Db } from "../db/connection/client.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";

export function addDistribute(program: Command): void {
  program
    .command("distribute")
    .description(
      "spreads the projects over the Citus nodes of the database; run it again when nodes or shards have changed",
    )
    .option("--json", "print one JSON object on one line")
    .action(onDatabase(distributeAndTell));
}

async function distributeAndTell({ url }: Db): Promise<Answer> {
  const { distribute } = await import("../db/nodes/distribute.ts");
  const { nodes, shards, tables } = await distribute(url);
  const moved =
    tables.length === 0
      ? "All tables were distributed already."
      : `Distributed: ${tables.join(", ")}.`;
  return {
    text: `${moved}\nThe projects are on ${nodes} ${nodes === 1 ? "node" : "nodes"}, in ${shards} shards.`,
    json: { nodes, shards, tables },
  };
}
