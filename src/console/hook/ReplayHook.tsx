import { useEffect, useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { Button } from "../ui/Button.tsx";
import { Field } from "../ui/Field.tsx";
import { Modal } from "../ui/Modal.tsx";
import { useAct } from "../ui/useAct.ts";
import { ReplayProgress } from "./ReplayProgress.tsx";

const ReplayDocument = graphql(`
  mutation ReplayDeliveries($input: ReplayInput!) {
    replayDeliveries(input: $input) {
      matched
      replay { id }
      userErrors { code message path }
    }
  }
`);

export const spans = [
  { hours: 1, label: "Last hour" },
  { hours: 24, label: "Last 24 hours" },
  { hours: 168, label: "Last 7 days" },
  { hours: 720, label: "Last 30 days" },
];

const kinds = {
  lost: { label: "Failed and quarantined", status: ["FAILED", "QUARANTINED"] },
  all: { label: "Include succeeded", status: null },
} as const;
type Kind = keyof typeof kinds;

type Props = {
  /** Null for all hooks. */
  hookId: string | null;
  onClose: () => void;
};

/** Replays ended deliveries: counts them, starts the replay and shows its progress. */
export function ReplayHook({ hookId, onClose }: Props) {
  const [kind, setKind] = useState<Kind>("lost");
  const [hours, setHours] = useState(24);
  const [counted, setCounted] = useState<number | null>(null);
  const [replayId, setReplayId] = useState<string | null>(null);
  const [since] = useState(Date.now);
  const { run: count } = useCount();
  const start = useAct(ReplayDocument);
  const input = {
    hookId,
    status: kinds[kind].status === null ? null : [...kinds[kind].status],
    since: new Date(since - hours * 3_600_000).toISOString(),
  };
  const wanted = JSON.stringify(input);
  useEffect(() => {
    let isCurrent = true;
    setCounted(null);
    void count({ input: { ...JSON.parse(wanted), dryRun: true } }).then((answer) => {
      if (isCurrent && answer) setCounted(answer.matched);
    });
    return () => {
      isCurrent = false;
    };
  }, [wanted, count]);
  const confirm = async () => {
    const answer = await start.run({ input });
    setReplayId(answer?.replay?.id ?? null);
  };
  if (replayId !== null) return <ReplayProgress id={replayId} onClose={onClose} />;
  return (
    <Modal
      title={hookId === null ? "Replay deliveries of all hooks" : "Replay deliveries"}
      isOpen
      onClose={onClose}
      foot={
        <Button look="primary" isBusy={start.isRunning} disabled={!counted} onClick={confirm}>
          {counted === null
            ? "Counting…"
            : `Replay ${counted.toLocaleString()} ${counted === 1 ? "delivery" : "deliveries"}`}
        </Button>
      }
    >
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
      <Field label="Time">
        <select value={hours} onChange={({ target }) => setHours(Number(target.value))}>
          {spans.map((span) => (
            <option key={span.hours} value={span.hours}>
              {span.label}
            </option>
          ))}
        </select>
      </Field>
      <p className="soft">
        Failed deliveries are reopened with new attempts, and no longer count as failed once they
        succeed.
        {kind === "all" && " Succeeded deliveries are sent again as new deliveries."} The webhook-id
        stays the same, so that your server can recognize duplicates. The replay runs in the
        background and does not delay new deliveries.
      </p>
    </Modal>
  );
}

/** Counting has its own state, so that the button does not show it as busy. */
const useCount = () => useAct(ReplayDocument);
