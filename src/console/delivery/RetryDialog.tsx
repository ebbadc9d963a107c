import { CountedRun } from "../hook/replay/CountedRun.tsx";
import { ReplayDocument } from "../hook/replay/replayDocument.ts";
import type { DeliveryRow } from "./deliveryRow.ts";
import { countOf } from "./retry.ts";

type Props = { deliveries: readonly DeliveryRow[]; onClose: () => void };

/** Asks before chosen deliveries are retried, retries them by one replay, and shows how far it is. */
export function RetryDialog({ deliveries, onClose }: Props) {
  const again = deliveries.filter(({ status }) => status === "SUCCEEDED").length;
  return (
    <CountedRun
      kind="replay"
      title={`Retry ${countOf(deliveries.length)}?`}
      document={ReplayDocument}
      input={{ deliveryIds: deliveries.map(({ id }) => id) }}
      labelOf={(count) => `Retry ${countOf(count)}`}
      onClose={onClose}
    >
      {(problem) => (
        <>
          {problem !== undefined && (
            <p className="field-error" role="alert">
              {problem}
            </p>
          )}
          <p>
            Each is tried again now.
            {again > 0 &&
              ` ${again === deliveries.length ? "All" : again} of them succeeded before: your server gets these events once more, as new deliveries.`}
          </p>
        </>
      )}
    </CountedRun>
  );
}
