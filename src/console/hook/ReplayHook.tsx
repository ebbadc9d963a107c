import { useState } from "react";
import { countOf } from "../delivery/retry.ts";
import { Field } from "../ui/Field.tsx";
import { CountedRun } from "./replay/CountedRun.tsx";
import { HoursField, sinceHours } from "./replay/HoursField.tsx";
import { ReplayDocument } from "./replay/replayDocument.ts";

const kinds = {
  lost: { label: "Failed and quarantined", status: ["FAILED", "QUARANTINED"] },
  all: { label: "Include succeeded", status: null },
} as const;
type Kind = keyof typeof kinds;

/** Replays ended deliveries of a hook. */
export function ReplayHook({ hookId, onClose }: { hookId: string; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>("lost");
  const [hours, setHours] = useState(24);
  const [now] = useState(Date.now);
  const { status } = kinds[kind];
  return (
    <CountedRun
      kind="replay"
      title="Replay deliveries"
      document={ReplayDocument}
      input={{ hookId, status: status && [...status], since: sinceHours(now, hours) }}
      labelOf={(count) => `Replay ${countOf(count)}`}
      onClose={onClose}
    >
      {(problem) => (
        <>
          <Field label="Deliveries">
            <select
              value={kind}
              onChange={({ target }) => setKind(target.value === "all" ? "all" : "lost")}
            >
              {Object.entries(kinds).map(([value, { label }]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </Field>
          <HoursField hours={hours} onChange={setHours} error={problem} />
          <p className="soft">
            Failed deliveries are reopened with new attempts, and no longer count as failed once
            they succeed.
            {kind === "all" && " Succeeded deliveries are sent again as new deliveries."} The
            webhook-id stays the same, so that your server can recognize duplicates. The replay runs
            in the background and does not delay new deliveries.
          </p>
        </>
      )}
    </CountedRun>
  );
}
