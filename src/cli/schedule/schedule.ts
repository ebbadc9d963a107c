import type { Command } from "commander";
import { addCreate } from "./create.ts";
import { addList } from "./list.ts";
import { addStates } from "./states.ts";

export function addSchedule(program: Command): void {
  const schedule = program.command("schedule").description("events again and again, by cron");
  for (const add of [addList, addCreate, addStates]) add(schedule);
}
