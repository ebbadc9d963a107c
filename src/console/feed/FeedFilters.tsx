import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { onKey } from "../shell/keys.ts";
import { Button } from "../ui/Button.tsx";
import { statusText } from "../ui/layout/Badge.tsx";
import { type FeedFilter, spans, statuses } from "./feedFilter.ts";
import "./FeedFilters.css";

/** Delay between the last keystroke and the search. */
const TYPED_MS = 250;

type Props = { filter: FeedFilter; onChange: (changes: Partial<FeedFilter>) => void };

/** A text field that applies its value after a pause in typing. */
function TextFilter({
  name,
  label,
  filter,
  onChange,
}: Props & { name: keyof FeedFilter; label: string }) {
  const [text, setText] = useState(filter[name]);
  const input = useRef<HTMLInputElement>(null);
  const given = filter[name];
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => onChange({ [name]: text }), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text, given, name, onChange]);
  useEffect(
    () => (name === "search" ? onKey("/", () => input.current?.focus()) : undefined),
    [name],
  );
  return (
    <input
      ref={input}
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}

/** The filters of the feed. */
export function FeedFilters({ filter, onChange }: Props) {
  const isSet = Object.values(filter).some((value) => value !== "");
  const texts = { filter, onChange };
  return (
    <search className="feed-filters">
      <div className="feed-search">
        <Search size={14} />
        <TextFilter {...texts} name="search" label="Search name, type and data" />
      </div>
      <TextFilter {...texts} name="type" label="Type, ticket.*" />
      <select
        aria-label="Status"
        value={filter.status}
        onChange={(event) => onChange({ status: event.target.value })}
      >
        <option value="">Any status</option>
        {statuses.map((status) => (
          <option key={status} value={status}>
            {statusText(status)}
          </option>
        ))}
      </select>
      <TextFilter {...texts} name="category" label="Category" />
      <TextFilter {...texts} name="user" label="User" />
      <select
        aria-label="Time"
        value={filter.time}
        onChange={(event) => onChange({ time: event.target.value })}
      >
        <option value="">Any time</option>
        {Object.entries(spans).map(([value, { label }]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      {filter.context !== "" && (
        <Button onClick={() => onChange({ context: "" })}>
          Context {filter.context} <X size={14} />
        </Button>
      )}
      {isSet && (
        <Button
          look="quiet"
          onClick={() =>
            onChange({
              search: "",
              type: "",
              status: "",
              category: "",
              user: "",
              context: "",
              time: "",
            })
          }
        >
          Clear
        </Button>
      )}
    </search>
  );
}
