import { Search, SlidersHorizontal, X } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/Button.tsx";
import { statusText } from "../ui/layout/Badge.tsx";
import { TypedFilter } from "../ui/TypedFilter.tsx";
import { spans } from "../ui/time/timeSpan.ts";
import { type FeedFilter, statuses } from "./feedFilter.ts";
import "./FeedFilters.css";

type Props = { filter: FeedFilter; onChange: (changes: Partial<FeedFilter>) => void };

/** The filters of the feed. */
export function FeedFilters({ filter, onChange }: Props) {
  const isSet = Object.values(filter).some((value) => value !== "");
  const [isOpen, setIsOpen] = useState(false);
  const text = (name: keyof FeedFilter, label: string) => (
    <TypedFilter
      label={label}
      value={filter[name]}
      isMain={name === "search"}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <search className="feed-filters" data-open={isOpen || undefined}>
      <div className="feed-search">
        <Search size={14} />
        {text("search", "Search name, type and data")}
      </div>
      <Button
        className="feed-filters-switch"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <SlidersHorizontal size={14} /> <span>Filters</span>
      </Button>
      {text("type", "Type, ticket.*")}
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
      {text("category", "Category")}
      {text("user", "User")}
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
