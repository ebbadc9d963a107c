import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { spans } from "../feed/feedFilter.ts";
import { HookChoice } from "../hook/HookChoice.tsx";
import { Button } from "../ui/Button.tsx";
import { TypedFilter } from "../ui/TypedFilter.tsx";
import { fieldTime, timeInField } from "../ui/time/fieldTime.ts";
import { isUtc, useTimeZone } from "../ui/time/timeZone.ts";
import {
  codeProblem,
  type DeliveryFilter,
  groups,
  problemOf,
  RANGE,
  wordsIn,
} from "./deliveryFilter.ts";
import "./DeliveryFilters.css";

type Props = { filter: DeliveryFilter; onChange: (changes: Partial<DeliveryFilter>) => void };

const nothing = {
  hook: "",
  type: "",
  code: "",
  error: "",
  search: "",
  user: "",
  time: "",
  since: "",
  until: "",
};

/** A bound of a free time range, in the chosen zone. */
function Bound({
  name,
  label,
  filter,
  onChange,
}: Props & { name: "since" | "until"; label: string }) {
  return (
    <label className="delivery-bound">
      <span className="faint">{isUtc() ? `${label} (UTC)` : label}</span>
      <input
        type="datetime-local"
        value={fieldTime(filter[name])}
        onChange={({ target }) => onChange({ [name]: timeInField(target.value) ?? "" })}
      />
    </label>
  );
}

/** The filters of the deliveries. */
export function DeliveryFilters({ filter, onChange }: Props) {
  useTimeZone();
  const isSet = Object.keys(nothing).some((name) => filter[name as keyof typeof nothing] !== "");
  const [isOpen, setIsOpen] = useState(isSet);
  const problem = problemOf(filter);
  const text = (name: "type" | "error" | "search" | "user", label: string) => (
    <TypedFilter
      label={label}
      value={filter[name]}
      isMain={name === "error"}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <search className="delivery-filters" data-open={isOpen || undefined}>
      <fieldset className="delivery-states">
        <legend className="unseen">Status</legend>
        {Object.entries(groups).map(([group, { label }]) => (
          <Button
            key={group}
            look="quiet"
            aria-pressed={group === filter.status}
            onClick={() => onChange({ status: group as DeliveryFilter["status"] })}
          >
            {label}
          </Button>
        ))}
      </fieldset>
      <Button
        className="delivery-filters-switch"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <SlidersHorizontal size={14} /> <span>Filters</span>
      </Button>
      <HookChoice
        hookIds={wordsIn(filter.hook)}
        onChange={(ids) => onChange({ hook: ids.join(",") })}
      />
      {text("error", "Error text")}
      {text("search", "Text in the event")}
      {text("type", "Type, ticket.*")}
      <TypedFilter
        label="Status code, 5xx"
        value={filter.code}
        problem={codeProblem(filter.code)}
        onChange={(code) => onChange({ code })}
      />
      {text("user", "User")}
      <select
        aria-label="Time"
        value={filter.time}
        onChange={({ target }) => onChange({ time: target.value })}
      >
        <option value="">Any time</option>
        {Object.entries(spans).map(([value, { label }]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
        <option value={RANGE}>From … until …</option>
      </select>
      {filter.time === RANGE && (
        <>
          <Bound name="since" label="From" filter={filter} onChange={onChange} />
          <Bound name="until" label="Until" filter={filter} onChange={onChange} />
        </>
      )}
      {isSet && (
        <Button look="quiet" onClick={() => onChange(nothing)}>
          Clear
        </Button>
      )}
      {problem && (
        <p className="field-error" role="alert">
          {problem}
        </p>
      )}
    </search>
  );
}
