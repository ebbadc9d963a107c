import { Field } from "../../ui/Field.tsx";

const spans = [
  { hours: 1, label: "Last hour" },
  { hours: 24, label: "Last 24 hours" },
  { hours: 168, label: "Last 7 days" },
  { hours: 720, label: "Last 30 days" },
];

/** So many hours before a time, for the API. */
export const sinceHours = (now: number, hours: number): string =>
  new Date(now - hours * 3_600_000).toISOString();

type Props = { hours: number; onChange: (hours: number) => void; error: string | undefined };

/** Selects how far back to go. */
export function HoursField({ hours, onChange, error }: Props) {
  return (
    <Field label="Time" error={error}>
      <select value={hours} onChange={({ target }) => onChange(Number(target.value))}>
        {spans.map((span) => (
          <option key={span.hours} value={span.hours}>
            {span.label}
          </option>
        ))}
      </select>
    </Field>
  );
}
