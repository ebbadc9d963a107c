import type { ReactNode } from "react";
import "./Facts.css";

/** A list of names and values. Null values are omitted. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode, width?: "wide"][] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value, width]) => (
          <div key={name} className={`facts-one ${width ?? ""}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
