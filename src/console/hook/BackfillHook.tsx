import { useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { counted } from "../ui/counted.ts";
import { CountedRun } from "./replay/CountedRun.tsx";
import { HoursField, sinceHours } from "./replay/HoursField.tsx";

const BackfillDocument = graphql(`
  mutation BackfillHook($input: BackfillHookInput!) {
    backfillHook(input: $input) {
      matched
      replay { id }
      userErrors { code message path }
    }
  }
`);

/** Delivers stored events that a hook never got. */
export function BackfillHook({ hookId, onClose }: { hookId: string; onClose: () => void }) {
  const [hours, setHours] = useState(24);
  const [now] = useState(Date.now);
  return (
    <CountedRun
      kind="backfill"
      title="Backfill this hook"
      document={BackfillDocument}
      input={{ hookId, since: sinceHours(now, hours) }}
      labelOf={(count) => `Deliver ${counted(count, "event")}`}
      onClose={onClose}
    >
      {(problem) => (
        <>
          <HoursField hours={hours} onChange={setHours} error={problem} />
          <p className="soft">
            Stored events that this hook matches now and never got are delivered to it, in the order
            in which they were accepted. The backfill runs in the background and does not delay new
            deliveries.
          </p>
        </>
      )}
    </CountedRun>
  );
}
