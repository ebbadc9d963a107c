import type { Spread } from "./measure.ts";
import type { BenchReceiver } from "./receiverProcess.ts";

/**
 * What every part is given: a receiver of its own process, R, the node:http requests a second it can take, and what
 * to make its crowd, its pile and what it has stored smaller by.
 */
export type Bench = { target: BenchReceiver; raw: number; scale: number };

/** A line of the table. `figure` is kept in the report as it is; `isMet` tells whether the aim was reached. */
export type Line = {
  what: string;
  figure: number | Spread | string;
  /** Digits behind the point of what is shown, and its unit. */
  unit?: string;
  /** The same figure of another checkout; its place is before `ratio`. */
  then?: number;
  /** The figure divided by R, or by the other checkout's, where that says something. */
  ratio?: number;
  aim?: string;
  isMet?: boolean;
};

/** Figures that belong together, measured on a hub of their own. */
export type Part = {
  name: string;
  /** The columns of its table, where they are not the usual ones. */
  heading?: string[];
  measure(bench: Bench): Promise<Line[]> | AsyncIterable<Line>;
};

/** A table's first two rows. */
export const head = (columns: string[]) =>
  `| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`;

function round(value: number): string {
  if (Number.isNaN(value)) return "–";
  return value >= 100 ? Math.round(value).toString() : value.toFixed(value < 1 ? 2 : 1);
}

function shown(figure: Line["figure"]): string {
  if (typeof figure === "string") return figure;
  if (typeof figure === "number") return round(figure);
  return [figure.p50, figure.p95, figure.p99, figure.max].map(round).join(" / ");
}

/** The line as a row of the table. */
export function row({ what, figure, then, unit = "", ratio, aim = "", isMet }: Line): string {
  const verdict = isMet === undefined ? "" : isMet ? " ✓" : " ✗";
  const before = then === undefined ? [] : [`${round(then)}${unit}`];
  const rest = [ratio?.toFixed(2) ?? "", `${aim}${verdict}`];
  return `| ${[what, `${shown(figure)}${unit}`, ...before, ...rest].join(" | ")} |`;
}

/** An aim that a number must reach, or must not pass. */
export const atLeast = (figure: number, aim: number, unit = "") => ({
  aim: `≥ ${aim}${unit}`,
  isMet: figure >= aim,
});
export const atMost = (figure: number, aim: number, unit = "") => ({
  aim: `≤ ${aim}${unit}`,
  isMet: figure <= aim,
});
