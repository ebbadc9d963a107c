import type { Command } from "commander";
import { readDatabaseSettings } from "../config/config.ts";
import type { Db } from "../db/connection/client.ts";

/** The result of a command: text for people, JSON for programs (--json). `failed` makes the exit code 1. */
export type Answer = { text: string; json?: object; failed?: boolean };

/**
 * A command's action: calls `run` with the hub's database, the arguments and the options, and prints its answer. What
 * such commands need is loaded when one runs: the others, which call a hub, start five times faster without it.
 */
export const onDatabase = <Given extends unknown[]>(
  run: (db: Db, ...given: Given) => Promise<Answer>,
) =>
  async function (this: Command, ...given: Given): Promise<void> {
    const { withDatabase } = await import("./database.ts");
    const { actAs, commandLine } = await import("../domain/audit/actor.ts");
    const { text, json, failed } = await actAs(commandLine, () =>
      withDatabase(readDatabaseSettings(), (db) => run(db, ...given)),
    );
    process.stdout.write(`${this.getOptionValue("json") ? JSON.stringify(json) : text}\n`);
    if (failed) process.exitCode = 1;
  };
