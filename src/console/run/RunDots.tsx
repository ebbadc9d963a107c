import { statusText, toneOf } from "../ui/layout/Badge.tsx";
import "../feed/Dots.css";

/** One dot per run, newest last, coloured by its status. */
export function RunDots({ runs }: { runs: readonly { id: string; status: string }[] }) {
  if (runs.length === 0) return null;
  const counts = Map.groupBy(runs, ({ status }) => status);
  const parts = [...counts].map(
    ([status, all]) => `${all.length} ${statusText(status).toLowerCase()}`,
  );
  return (
    <span className="dots" role="img" aria-label={`Last runs: ${parts.join(", ")}`}>
      {runs.map(({ id, status }) => (
        <span key={id} className={`dot dot-${toneOf(status)}`} title={statusText(status)} />
      ))}
    </span>
  );
}
