import type { Json } from "../gql/graphql.ts";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Picture } from "../ui/layout/Picture.tsx";
import "./Content.css";

type Props = { content: Json; contentType: string; name: string };

/** Only a value that is a complete web address becomes a link. */
function Cell({ value }: { value: Json | undefined }) {
  if (value === undefined) return null;
  if (typeof value === "string") return <span className="content-text">{value}</span>;
  if (typeof value === "object" && value !== null) return <JsonTree value={value} />;
  return <code>{JSON.stringify(value)}</code>;
}

type RowObject = { [name: string]: Json };
const isObject = (row: Json): row is RowObject =>
  typeof row === "object" && row !== null && !Array.isArray(row);

/** A row: label and content, named values, cells, or one value. */
function cellsOf(row: Json): [label: string, value: Json | undefined, type?: Json | undefined][] {
  if (Array.isArray(row)) return [[typeof row[0] === "string" ? row[0] : "", row.slice(1)]];
  if (!isObject(row)) return [["", row]];
  if (row.content !== undefined) {
    return [[typeof row.label === "string" ? row.label : "", row.content, row.type]];
  }
  return Object.entries(row);
}

function Rows({ rows, name }: { rows: Json[]; name: string }) {
  const cells = rows.flatMap(cellsOf);
  return (
    <dl className="content-rows">
      {cells.map(([label, value, type], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no keys and never change
        <div key={index} className="content-row">
          <dt>{label}</dt>
          <dd>
            {type === "image" && typeof value === "string" ? (
              <Picture source={value} label={label || name} />
            ) : (
              <Cell value={Array.isArray(value) && value.length === 1 ? value[0] : value} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** An event's content, displayed by its content type. */
export function Content({ content, contentType, name }: Props) {
  if (contentType === "IMAGE" && typeof content === "string") {
    return <Picture source={content} label={name} />;
  }
  if (contentType === "ROWS" && Array.isArray(content)) return <Rows rows={content} name={name} />;
  if (typeof content === "string") return <p className="content-text">{content}</p>;
  return <JsonTree value={content} />;
}
