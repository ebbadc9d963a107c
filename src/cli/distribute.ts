import { distribute as distributeDatabase } from "../db/nodes/distribute.ts";
import type { Command } from "./command.ts";

export const distribute: Command = {
  usage: "distribute [--json]",
  does: "spreads the projects over the nodes of the database's Citus; again when nodes or shards have changed",
  async run({ url }) {
    const { nodes, shards, tables } = await distributeDatabase(url);
    const moved =
      tables.length === 0
        ? "All tables were distributed already."
        : `Distributed: ${tables.join(", ")}.`;
    return {
      text: `${moved}\nThe projects are on ${nodes} ${nodes === 1 ? "node" : "nodes"}, in ${shards} shards.`,
      json: { nodes, shards, tables },
    };
  },
};
