import "./Sparkline.css";

type Props = {
  values: readonly number[];
  /** A description for screen readers. */
  label: string;
  tone?: "good" | "busy";
};

const HEIGHT = 24;

/** A small line chart, from zero to the maximum. */
export function Sparkline({ values, label, tone = "busy" }: Props) {
  const highest = Math.max(1, ...values);
  const last = Math.max(1, values.length - 1);
  const points = values.map((value, index) => {
    const y = HEIGHT - 1 - (value / highest) * (HEIGHT - 2);
    return `${index},${y.toFixed(2)}`;
  });
  return (
    <svg
      className={`sparkline sparkline-${tone}`}
      viewBox={`0 0 ${last} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <polygon
        className="sparkline-area"
        points={`0,${HEIGHT} ${points.join(" ")} ${last},${HEIGHT}`}
      />
      <polyline className="sparkline-line" points={points.join(" ")} />
    </svg>
  );
}
