import type { Command } from "commander";
import { addBackfill } from "./backfill.ts";
import { addBlocked } from "./blocked.ts";
import { addCreate } from "./create.ts";
import { addGet } from "./get.ts";
import { addList } from "./list.ts";
import { addRotateSecret } from "./rotateSecret.ts";
import { addStates } from "./states.ts";
import { addTest } from "./test.ts";
import { addUpdate } from "./update.ts";

export function addHook(program: Command): void {
  const hook = program.command("hook").description("hooks");
  for (const add of [
    addList,
    addGet,
    addCreate,
    addUpdate,
    addStates,
    addTest,
    addBackfill,
    addBlocked,
    addRotateSecret,
  ])
    add(hook);
}
