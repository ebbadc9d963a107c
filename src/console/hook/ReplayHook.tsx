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

const spans = [
  { hours: 1, label: "Of the last hour" },
  { hours: 24, label: "Of the last 24 hours" },
  { hours: 168, label: "Of the last 7 days" },
  { hours: 720, label: "Of the last 30 days" },
];

const kinds = {
  lost: { label: "That failed, or were quarantined", status: ["FAILED", "QUARANTINED"] },
  all: { label: "That have ended, those that succeeded, too", status: null },
} as const;
type Kind = keyof typeof kinds;

type Props = {
  /** Null for all hooks. */
  hookId: string | null;
  onClose: () => void;
};

/** Tries ended deliveries again: first it says how many, then it starts, then it shows how far it is. */
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
        What failed is opened again, with new tries, and is failed no more once it succeeds.
        {kind === "all" && " What succeeded is sent once more, as a new delivery."} The webhook-id
        stays the same, so that your server can tell what it has seen. It goes on in the background,
        and holds up nothing that is new.
      </p>
    </Modal>
  );
}

/** Counting has its own state, so that it does not make the button busy. */
const useCount = () => useAct(ReplayDocument);
