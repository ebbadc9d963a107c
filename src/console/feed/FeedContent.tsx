import type { Json } from "../gql/graphql.ts";
import type { FeedEvent } from "./feedEvent.ts";

/** Maximum length of the content in a row. */
const LONGEST = 240;

const cellOf = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));

/** A row: a list of cells, named values, or one value. */
function rowOf(row: Json): string {
  if (Array.isArray(row)) return row.map(cellOf).join(": ");
  if (typeof row !== "object" || row === null) return cellOf(row);
  if (row.content !== undefined) return `${cellOf(row.label ?? "")}: ${cellOf(row.content)}`;
  return Object.entries(row)
    .map(([name, value]) => `${name}: ${cellOf(value)}`)
    .join(", ");
}

function textOf({ content, contentType }: FeedEvent): string {
  if (content === null) return "";
  if (contentType === "IMAGE") return "Image";
  if (contentType === "ROWS" && Array.isArray(content)) return content.map(rowOf).join(" · ");
  return cellOf(content);
}

/** The first line of an event's content. */
export function FeedContent({ event }: { event: FeedEvent }) {
  const text = textOf(event).slice(0, LONGEST);
  return text === "" ? null : <p className="feed-content line soft">{text}</p>;
}
