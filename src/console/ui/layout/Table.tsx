import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { useRowKeys } from "../../shell/useRowKeys.ts";
import "./Table.css";

export type Column<Row> = {
  title: string;
  isNumber?: boolean;
  cell: (row: Row) => ReactNode;
};

type Props<Row> = {
  label: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  /** The link of a row. */
  to?: (row: Row) => string;
};

/** A table. If rows are links, j and k select one and Enter opens it. */
export function Table<Row extends { id: string }>({ label, columns, rows, to }: Props<Row>) {
  const [, navigate] = useLocation();
  const open = (index: number) => {
    const row = rows[index];
    if (row && to) navigate(to(row));
  };
  const chosen = useRowKeys(to ? rows.length : 0, open);
  return (
    <div className="table-frame">
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th key={title} className={isNumber ? "number" : undefined} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={row.id} data-chosen={index === chosen || undefined}>
              {columns.map(({ title, isNumber, cell }) => (
                <td key={title} className={isNumber ? "number" : undefined}>
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
