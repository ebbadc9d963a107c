import { fieldTime, timeInField } from "./fieldTime.ts";
import { RANGE, spans, type TimeSpan } from "./timeSpan.ts";
import { isUtc, useTimeZone } from "./timeZone.ts";
import "./TimeFilter.css";

type Props = { span: TimeSpan; onChange: (changes: Partial<TimeSpan>) => void };

/** A bound of a free time range, in the chosen zone. */
function Bound({
  name,
  label,
  span,
  onChange,
}: Props & { name: "since" | "until"; label: string }) {
  return (
    <label className="time-bound">
      <span className="faint">{isUtc() ? `${label} (UTC)` : label}</span>
      <input
        type="datetime-local"
        value={fieldTime(span[name])}
        onChange={({ target }) => onChange({ [name]: timeInField(target.value) ?? "" })}
      />
    </label>
  );
}

/** The choice of a span of time among the filters of a list. */
export function TimeFilter({ span, onChange }: Props) {
  useTimeZone();
  return (
    <>
      <select
        aria-label="Time"
        value={span.time}
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
      {span.time === RANGE && (
        <>
          <Bound name="since" label="From" span={span} onChange={onChange} />
          <Bound name="until" label="Until" span={span} onChange={onChange} />
        </>
      )}
    </>
  );
}
