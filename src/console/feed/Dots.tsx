import { statusText, toneOf } from "../ui/layout/Badge.tsx";
import { DOTS } from "./feedDocument.ts";
import type { FeedDelivery } from "./feedRows.ts";
import "./Dots.css";

const hookOf = ({ hook }: FeedDelivery) => hook?.name ?? hook?.url ?? "workflow step";

/** Deliveries by state, such as "2 succeeded, 1 retrying". */
function summary(deliveries: readonly FeedDelivery[], hasMore: boolean): string {
  const counts = Map.groupBy(deliveries, ({ status }) => status);
  const parts = [...counts].map(
    ([status, all]) => `${all.length} ${statusText(status).toLowerCase()}`,
  );
  return `Deliveries: ${parts.join(", ")}${hasMore ? ", and more" : ""}`;
}

/** One dot per delivery, coloured by its status. */
export function Dots({
  deliveries,
  hasMore,
}: {
  deliveries: readonly FeedDelivery[];
  hasMore: boolean;
}) {
  if (deliveries.length === 0) return null;
  const hidden = deliveries.length - DOTS;
  return (
    <span className="dots" role="img" aria-label={summary(deliveries, hasMore)}>
      {deliveries.slice(-DOTS).map((delivery) => (
        <span
          key={delivery.id}
          className={`dot dot-${toneOf(delivery.status)}`}
          title={`${hookOf(delivery)}: ${statusText(delivery.status)}`}
        />
      ))}
      {(hidden > 0 || hasMore) && <span className="faint">+{hidden > 0 ? hidden : ""}</span>}
    </span>
  );
}
