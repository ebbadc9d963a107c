import type { Command } from "commander";
import { addGet } from "./get.ts";
import { addList } from "./list.ts";
import { addRetry } from "./retry.ts";

export function addDeliveries(program: Command): void {
  const deliveries = program.command("deliveries").description("deliveries");
  for (const add of [addList, addGet, addRetry]) add(deliveries);
}
