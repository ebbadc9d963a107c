import { useState } from "react";
import { type Column, Table } from "../ui/layout/Table.tsx";
import { Moment } from "../ui/time/Time.tsx";
import { formatMs, formatShare } from "./format.ts";
import type { Statistics } from "./useStatistics.ts";

type Point = Statistics["points"][number];
type Row = Point & { id: string };

const orDash = (value: number | null, format: (value: number) => string) =>
  value === null ? "–" : format(value);

const answers = ({ answers: counts }: Point) =>
  counts
    .map(({ statusCode, count }) => `${statusCode ?? "no answer"}: ${count.toLocaleString()}`)
    .join(", ");

const columns: Column<Row>[] = [
  { title: "Time", cell: ({ at }) => <Moment at={at} /> },
  { title: "Accepted", isNumber: true, cell: ({ accepted }) => accepted.toLocaleString() },
  { title: "Delivered", isNumber: true, cell: ({ succeeded }) => succeeded.toLocaleString() },
  { title: "Failed", isNumber: true, cell: ({ failed }) => failed.toLocaleString() },
  { title: "Retried", isNumber: true, cell: ({ retried }) => retried.toLocaleString() },
  {
    title: "Success",
    isNumber: true,
    cell: ({ successShare }) => orDash(successShare, formatShare),
  },
  {
    title: "p50",
    isNumber: true,
    cell: ({ latencyP50Ms }) => orDash(latencyP50Ms, formatMs),
  },
  {
    title: "p95",
    isNumber: true,
    cell: ({ latencyP95Ms }) => orDash(latencyP95Ms, formatMs),
  },
  { title: "Answers", cell: answers },
];

/** The charts' numbers as a table, which is made when it is opened. */
export function PointsTable({ points }: { points: Point[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const rows = points
    .filter(({ accepted, succeeded, failed, retried }) =>
      [accepted, succeeded, failed, retried].some((count) => count > 0),
    )
    .map((point) => ({ ...point, id: point.at }));
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && rows.length === 0 && <p className="soft">Nothing happened in this time.</p>}
      {isOpen && rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div className="charts-table" tabIndex={0}>
          <Table label="Statistics" columns={columns} rows={rows} />
        </div>
      )}
    </details>
  );
}
