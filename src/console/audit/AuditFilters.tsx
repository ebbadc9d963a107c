import { X } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../ui/Button.tsx";
import { TimeFilter } from "../ui/time/TimeFilter.tsx";
import { spanProblem } from "../ui/time/timeSpan.ts";
import type { AuditFilter } from "./auditFilter.ts";

const fields = [
  { name: "actor", label: "Actor" },
  { name: "action", label: "Action" },
  { name: "entityId", label: "Object id" },
] as const;

const nothing: AuditFilter = {
  actor: "",
  action: "",
  entityId: "",
  time: "",
  since: "",
  until: "",
};

type Props = {
  filter: AuditFilter;
  /** What there is to choose from. */
  known: Record<(typeof fields)[number]["name"], readonly string[]>;
  onFilter: (filter: Partial<AuditFilter>) => void;
};

export function AuditFilters({ filter, known, onFilter }: Props) {
  const isFiltered = Object.values(filter).some((value) => value !== "");
  const problem = spanProblem(filter);
  return (
    <search className="audit-filters">
      {fields.map(({ name, label }) => (
        <Filter
          key={name}
          label={label}
          value={filter[name]}
          known={known[name]}
          onChoose={(value) => onFilter({ [name]: value })}
        />
      ))}
      <TimeFilter span={filter} onChange={onFilter} />
      {isFiltered && (
        <Button onClick={() => onFilter(nothing)}>
          <X size={14} /> Clear
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

type FilterProps = {
  label: string;
  value: string;
  known: readonly string[];
  onChoose: (value: string) => void;
};

/** A whole name: it counts with Enter, on leaving the field, or when it is one of those that are shown. */
function Filter({ label, value, known, onChoose }: FilterProps) {
  const list = useId();
  const [shown, setShown] = useState({ value, text: value });
  // The filter was changed elsewhere, such as by a word of the list.
  if (shown.value !== value) setShown({ value, text: value });
  const choose = (text: string) => text.trim() !== value && onChoose(text.trim());
  return (
    <span className="audit-filter">
      <input
        type="search"
        list={list}
        aria-label={label}
        placeholder={label}
        value={shown.text}
        onBlur={() => choose(shown.text)}
        onKeyDown={({ key }) => key === "Enter" && choose(shown.text)}
        onChange={({ target }) => {
          setShown({ value, text: target.value });
          if (target.value === "" || known.includes(target.value)) choose(target.value);
        }}
      />
      <datalist id={list}>
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </span>
  );
}
