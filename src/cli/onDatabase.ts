import type { Command } from "commander";
import { readDatabaseSettings } from "../config.ts";
import type { Db } from "../db/connection/client.ts";
import { withDatabase } from "./database.ts";

/** What a command says: to people, and with --json to programs. `failed` makes the exit code 1. */
export type Answer = { text: string; json?: object; failed?: boolean };

/** A command's action: does `run` on the hub's database, with the command's arguments and options, and prints its answer. */
export const onDatabase = <Given extends unknown[]>(
  run: (db: Db, ...given: Given) => Promise<Answer>,
) =>
  async function (this: Command, ...given: Given): Promise<void> {
    const { text, json, failed } = await withDatabase(readDatabaseSettings(), (db) =>
      run(db, ...given),
    );
    process.stdout.write(`${this.getOptionValue("json") ? JSON.stringify(json) : text}\n`);
    if (failed) process.exitCode = 1;
  };
