import type { Json } from "../gql/graphql.ts";
import { counted } from "../ui/counted.ts";
import type { FeedEvent } from "./feedEvent.ts";

/** Maximum length of the content in a row. */
const LONGEST = 240;

/** A value in a sentence; what is nested deeper is only counted. */
function cellOf(value: Json): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const count = Object.keys(value).length;
  if (Array.isArray(value)) return counted(count, "item");
  return counted(count, "field");
}

/** A row: a list of cells, named values, or one value. */
function rowOf(row: Json): string {
  if (Array.isArray(row)) return row.map(cellOf).join(": ");
  if (typeof row !== "object" || row === null) return cellOf(row);
  if (row.content !== undefined) return `${cellOf(row.label ?? "")}: ${cellOf(row.content)}`;
  return fieldsOf(row);
}

const fieldsOf = (object: { [name: string]: Json }): string =>
  Object.entries(object)
    .map(([name, value]) => `${name}: ${cellOf(value)}`)
    .join(", ");

function textOf({ content, contentType }: FeedEvent): string {
  if (content === null) return "";
  if (contentType === "IMAGE") return "Image";
  if (contentType === "ROWS" && Array.isArray(content)) return content.map(rowOf).join(" · ");
  if (Array.isArray(content)) return content.map(cellOf).join(", ");
  return typeof content === "object" ? fieldsOf(content) : cellOf(content);
}

/** The first line of an event's content. */
export function FeedContent({ event }: { event: FeedEvent }) {
  const text = textOf(event).slice(0, LONGEST);
  return text === "" ? null : <p className="feed-content line soft">{text}</p>;
}
