import { once } from "node:events";
import { jsonText } from "../../util/json/exactJson.ts";
import { columns } from "../columns.ts";
import { printable } from "../printable.ts";
import { exact } from "./callHub.ts";

/** Whether answers are JSON, one object a line: always where no person looks, and on a terminal with --json. */
export const wantsJson = ({ json }: { json?: boolean }): boolean =>
  json === true || process.stdout.isTTY !== true;

/** Writes a line, and waits while its reader is slower. */
export async function printLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
}

/** Writes an object as one line of JSON; numbers as they came. */
export const printJson = (object: Record<string, unknown>): Promise<void> =>
  printLine(jsonText(exact(object)));

/** Writes a line for people beside the answer, so that a program that reads the answer does not see it. */
export const note = (line: string): void => void process.stderr.write(`${printable(line)}\n`);

const cell = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  return printable(typeof value === "object" ? jsonText(value) : String(value));
};

/** A table as people read it: a heading and, for each row, its text. */
type Column<Row> = readonly [heading: string, of: (row: Row) => unknown];

/** Writes rows as a table, or each as JSON. */
export async function printRows<Row extends Record<string, unknown>>(
  options: { json?: boolean },
  rows: Row[],
  table: Column<Row>[],
): Promise<void> {
  if (wantsJson(options)) {
    for (const row of rows) await printJson(row);
    return;
  }
  const texts = rows.map((row) => table.map(([, of]) => cell(of(row))));
  await printLine(
    columns(
      table.map(([heading]) => heading),
      texts,
    ),
  );
}

/** Writes one object: a line for each of its fields, or all as JSON. */
export async function printObject(
  options: { json?: boolean },
  object: Record<string, unknown>,
): Promise<void> {
  if (wantsJson(options)) return printJson(object);
  const fields = Object.entries(object).filter(([, value]) => value !== null);
  const width = Math.max(...fields.map(([name]) => name.length));
  for (const [name, value] of fields) await printLine(`${name.padEnd(width)}  ${cell(value)}`);
}
