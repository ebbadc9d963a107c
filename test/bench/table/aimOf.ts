import { atLeast, atMost } from "../part.ts";
import type { Figure } from "./measurement.ts";

/** The aim of a figure, as a line of the table has it. */
export function aimOf({ least, most }: Pick<Figure, "least" | "most">, value: number) {
  if (least !== undefined) return atLeast(value, least);
  return most === undefined ? {} : atMost(value, most);
}
