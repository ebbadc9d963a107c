import { useEffect, useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";
import { spans } from "./ReplayHook.tsx";
import { ReplayProgress } from "./ReplayProgress.tsx";

const BackfillDocument = graphql(`
  mutation BackfillHook($input: BackfillHookInput!) {
    backfillHook(input: $input) {
      matched
      replay { id }
      userErrors { code message path }
    }
  }
`);

/** Delivers stored events that a hook never got: counts them, starts the backfill and shows its progress. */
export function BackfillHook({ hookId, onClose }: { hookId: string; onClose: () => void }) {
  const [hours, setHours] = useState(24);
  const [counted, setCounted] = useState<number | null>(null);
  const [replayId, setReplayId] = useState<string | null>(null);
  const [now] = useState(Date.now);
  const { run: count, userErrors } = useAct(BackfillDocument, { showsUserErrors: true });
  const start = useAct(BackfillDocument);
  const since = new Date(now - hours * 3_600_000).toISOString();
  useEffect(() => {
    let isCurrent = true;
    setCounted(null);
    void count({ input: { hookId, since, dryRun: true } }).then((answer) => {
      if (isCurrent && answer) setCounted(answer.matched);
    });
    return () => {
      isCurrent = false;
    };
  }, [hookId, since, count]);
  const confirm = async () => {
    const answer = await start.run({ input: { hookId, since } });
    setReplayId(answer?.replay?.id ?? null);
  };
  if (replayId !== null) return <ReplayProgress id={replayId} of="backfill" onClose={onClose} />;
  const problem = userErrors[0]?.message;
  return (
    <Modal
      title="Backfill this hook"
      isOpen
      onClose={onClose}
      foot={
        <Button look="primary" isBusy={start.isRunning} disabled={!counted} onClick={confirm}>
          {counted === null && !problem
            ? "Counting…"
            : `Deliver ${(counted ?? 0).toLocaleString()} ${counted === 1 ? "event" : "events"}`}
        </Button>
      }
    >
      <Field label="Time" error={problem}>
        <select value={hours} onChange={({ target }) => setHours(Number(target.value))}>
          {spans.map((span) => (
            <option key={span.hours} value={span.hours}>
              {span.label}
            </option>
          ))}
        </select>
      </Field>
      <p className="soft">
        Stored events that this hook matches now and never got are delivered to it, in the order in
        which they were accepted. The backfill runs in the background and does not delay new
        deliveries.
      </p>
    </Modal>
  );
}
