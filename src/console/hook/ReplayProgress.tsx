import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Modal } from "../ui/Modal.tsx";
import { Loading } from "../ui/Notice.tsx";
import { useAct } from "../ui/useAct.ts";
import "./ReplayProgress.css";

const ReplayDocument = graphql(`
  query Replay($id: ID!) {
    replay(id: $id) { id status matched created }
  }
`);

const CancelReplayDocument = graphql(`
  mutation CancelReplay($id: ID!) {
    cancelReplay(id: $id) { replay { id status } userErrors { code message path } }
  }
`);

const words = {
  replay: { title: "Replaying deliveries", done: "replayed" },
  backfill: { title: "Backfilling", done: "made" },
} as const;

export type RunKind = keyof typeof words;
type Props = { id: string; of: RunKind; onClose: () => void };

/** The progress of a replay or a backfill, which continues when this is closed. */
export function ReplayProgress({ id, of, onClose }: Props) {
  const { data } = useLiveQuery(ReplayDocument, { id }, (changed) => changed.id === id);
  const cancel = useAct(CancelReplayDocument);
  const replay = data?.replay;
  const stop = replay?.status === "RUNNING" && (
    <Button look="danger" isBusy={cancel.isRunning} onClick={() => cancel.run({ id })}>
      Stop
    </Button>
  );
  return (
    <Modal
      title={words[of].title}
      isOpen
      onClose={onClose}
      foot={
        <>
          {stop}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      {replay ? (
        <div className="replay" role="status">
          <Badge state={replay.status} />
          <progress
            max={replay.matched}
            value={replay.status === "DONE" ? replay.matched : replay.created}
            aria-label="Progress"
          />
          <span>
            {replay.created.toLocaleString()} of {replay.matched.toLocaleString()} {words[of].done}
          </span>
        </div>
      ) : (
        <Loading rows={1} />
      )}
    </Modal>
  );
}
