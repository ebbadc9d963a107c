import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { base } from "../../base.ts";
import { useRowKeys } from "../../shell/useRowKeys.ts";
import { isForNewTab, isForRow } from "./rowClick.ts";
import "./Table.css";

export type Column<Row> = {
  title: string;
  isNumber?: boolean;
  /** Not needed to see what is wrong: hidden where there is no room. */
  isExtra?: boolean;
  cell: (row: Row) => ReactNode;
};

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  /** The link of a row. */
  to?: (row: Row) => string;
};

const classOf = (isNumber = false, isExtra = false) =>
  `${isNumber ? "number" : ""} ${isExtra ? "extra" : ""}`.trim() || undefined;

/** A table. If rows are links, a click opens one; j and k select one and Enter opens it. */
export function Table<Row extends { id: string }>({ label, columns, rows, to }: Props<Row>) {
  const [, navigate] = useLocation();
  const open = (index: number) => {
    const row = rows[index];
    if (row && to) navigate(to(row));
  };
  const ids = rows.map(({ id }) => id);
  const { index: chosen } = useRowKeys(label, ids, open, to !== undefined);
  return (
    <div className="table-frame">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber, isExtra }) => (
              <th key={title} className={classOf(isNumber, isExtra)} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr
              key={row.id}
              data-chosen={index === chosen || undefined}
              data-opens={to !== undefined || undefined}
              onClick={(event) => {
                if (!isForRow(event) || !to) return;
                if (isForNewTab(event)) window.open(`${base}${to(row)}`);
                else open(index);
              }}
            >
              {columns.map(({ title, isNumber, isExtra, cell }) => (
                <td key={title} className={classOf(isNumber, isExtra)} data-title={title}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
