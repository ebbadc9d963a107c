import { useState } from "react";
import { Moment } from "../ui/time/Time.tsx";
import { formatMs, formatShare } from "./format.ts";
import type { Statistics } from "./useStatistics.ts";

type Point = Statistics["points"][number];

const orDash = (value: number | null, format: (value: number) => string) =>
  value === null ? "–" : format(value);

const answers = ({ answers: counts }: Point) =>
  counts.map(({ statusCode, count }) => `${statusCode ?? "no answer"}: ${count}`).join(", ");

/** The charts' numbers as a table, which is made when it is opened. */
export function PointsTable({ points }: { points: Point[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const rows = points.filter(({ accepted, succeeded, failed, retried }) =>
    [accepted, succeeded, failed, retried].some((count) => count > 0),
  );
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && rows.length === 0 && <p className="soft">Nothing happened in this time.</p>}
      {isOpen && rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
        <div className="table-frame charts-table" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Accepted</th>
                <th scope="col">Delivered</th>
                <th scope="col">Failed</th>
                <th scope="col">Retried</th>
                <th scope="col">Success</th>
                <th scope="col">p50</th>
                <th scope="col">p95</th>
                <th scope="col">Answers</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((point) => (
                <tr key={point.at}>
                  <td>
                    <Moment at={point.at} />
                  </td>
                  <td>{point.accepted.toLocaleString()}</td>
                  <td>{point.succeeded.toLocaleString()}</td>
                  <td>{point.failed.toLocaleString()}</td>
                  <td>{point.retried.toLocaleString()}</td>
                  <td>{orDash(point.successShare, formatShare)}</td>
                  <td>{orDash(point.latencyP50Ms, formatMs)}</td>
                  <td>{orDash(point.latencyP95Ms, formatMs)}</td>
                  <td>{answers(point)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
