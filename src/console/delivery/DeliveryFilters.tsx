import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { HookChoice } from "../hook/HookChoice.tsx";
import { Button } from "../ui/Button.tsx";
import { TypedFilter } from "../ui/TypedFilter.tsx";
import { TimeFilter } from "../ui/time/TimeFilter.tsx";
import { codeProblem, type DeliveryFilter, groups, problemOf, wordsIn } from "./deliveryFilter.ts";
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

/** The filters of the deliveries. */
export function DeliveryFilters({ filter, onChange }: Props) {
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
      <TimeFilter span={filter} onChange={onChange} />
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
