import "./Health.css";

/** The success rate of a hook's deliveries, as a number and a bar. */
export function Health({ succeeded, failed }: { succeeded: number; failed: number }) {
  const all = succeeded + failed;
  if (all === 0) return <span className="faint">None ended</span>;
  const share = succeeded / all;
  // Never rounds 99.96 % up to 100 %.
  const percent = Math.floor(share * 1_000) / 10;
  return (
    <span className="health">
      <meter
        className="health-bar"
        min={0}
        max={1}
        low={0.9}
        high={0.99}
        optimum={1}
        value={share}
        aria-label="Success rate"
      />
      <span>{percent} %</span>
    </span>
  );
}
