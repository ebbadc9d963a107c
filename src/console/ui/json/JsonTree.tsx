import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Json } from "../../gql/graphql.ts";
import { CopyButton } from "../copy/CopyButton.tsx";
import "./JsonTree.css";

/** Levels that are expanded at first, and entries shown per level. */
const OPEN_LEVELS = 2;
const PAGE = 100;

type Node = { name?: string | undefined; value: Json; level: number; open: number };

const isBranch = (value: Json): value is Json[] | { [key: string]: Json } =>
  typeof value === "object" && value !== null;

function Leaf({ value }: { value: string | number | boolean | null }) {
  const kind = value === null ? "null" : typeof value;
  return <span className={`json-${kind}`}>{JSON.stringify(value)}</span>;
}

const Name = ({ name }: { name: string | undefined }) =>
  name === undefined ? null : (
    <>
      <span className="json-name">{name}</span>
      <span className="faint">: </span>
    </>
  );

function Branch({
  name,
  value,
  level,
  open: levels,
}: Node & { value: Json[] | { [key: string]: Json } }) {
  const [isOpen, setIsOpen] = useState(level < levels);
  const [shown, setShown] = useState(PAGE);
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const size = `${entries.length} ${Array.isArray(value) ? "item" : "field"}${entries.length === 1 ? "" : "s"}`;
  if (entries.length === 0) {
    return (
      <div className="json-row">
        <Name name={name} />
        {open}
        {close}
      </div>
    );
  }
  return (
    <div>
      <button
        type="button"
        className="json-row json-fold"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronRight size={12} />
        <Name name={name} />
        {open}
        {!isOpen && (
          <>
            <span className="faint"> {size} </span>
            {close}
          </>
        )}
      </button>
      {isOpen && (
        <div className="json-inside">
          {entries.slice(0, shown).map(([key, child]) => (
            <Item
              key={key}
              name={Array.isArray(value) ? undefined : key}
              value={child}
              level={level + 1}
              open={levels}
            />
          ))}
          {entries.length > shown && (
            <button type="button" className="json-more" onClick={() => setShown(shown + 10 * PAGE)}>
              {entries.length - shown} more
            </button>
          )}
        </div>
      )}
      {isOpen && <div className="json-row">{close}</div>}
    </div>
  );
}

function Item({ name, value, level, open }: Node) {
  if (isBranch(value)) return <Branch name={name} value={value} level={level} open={open} />;
  return (
    <div className="json-row">
      <Name name={name} />
      <Leaf value={value} />
    </div>
  );
}

/** JSON as a collapsible tree that can be copied. */
export function JsonTree({ value, open = OPEN_LEVELS }: { value: Json; open?: number }) {
  return (
    <div className="json">
      <div className="json-copy">
        <CopyButton text={JSON.stringify(value, null, 2)} label="Copy as JSON" />
      </div>
      <Item value={value} level={0} open={open} />
    </div>
  );
}
