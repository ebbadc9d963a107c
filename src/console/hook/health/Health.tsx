import "./Health.css";

/** How many of a hook's deliveries ended well: a share, and a bar of it. */
export function Health({ succeeded, failed }: { succeeded: number; failed: number }) {
  const all = succeeded + failed;
  if (all === 0) return <span className="faint">No deliveries</span>;
  const share = succeeded / all;
  // 99.96 % is not all.
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
