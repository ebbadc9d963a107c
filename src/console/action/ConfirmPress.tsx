import { useRef } from "react";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { useBarred } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { hostOf } from "../ui/layout/ExternalLink.tsx";
import { Modal } from "../ui/Modal.tsx";
import { Failure } from "../ui/Notice.tsx";
import { useNow } from "../ui/time/useNow.ts";
import { ActionRow } from "./actionRow.ts";
import { standingOf } from "./standing.ts";
import { type Press, usePress } from "./usePress.ts";
import "./ConfirmPress.css";

const ConfirmDocument = graphql(
  `
  query ConfirmPress($id: ID!) {
    action(id: $id) {
      ...ActionRow
      key meta
      event { id name type status scheduledFor }
    }
  }
`,
  [ActionRow],
);

type Props = {
  actionId: string;
  eventId: string;
  onPressed: (press: Press, buttonText: string) => void;
  onClose: () => void;
};

/** Asks for confirmation and shows what a press sends, and where. Opens once that is loaded. */
export function ConfirmPress({ actionId, eventId, onPressed, onClose }: Props) {
  const { data, error, refresh } = useLiveQuery(
    ConfirmDocument,
    { id: actionId },
    (changed) => changed.id === actionId || changed.id === eventId,
  );
  const { press, isSending, problem } = usePress(actionId);
  const barred = useBarred("OPERATOR", "Pressing a button");
  const now = useNow();
  const confirm = useRef<HTMLButtonElement>(null);
  const cancel = useRef<HTMLButtonElement>(null);
  const action = data?.action;
  if (!action) {
    if (!data && !error) return null;
    return (
      <Modal title="Press an action" isOpen onClose={onClose}>
        {error ? (
          <Failure error={error} onRetry={refresh} />
        ) : (
          <p>No longer available: the event was removed by retention.</p>
        )}
      </Modal>
    );
  }
  const { buttonText, url, event, key, meta } = action;
  const isDanger = action.style === "DANGER";
  const standing = standingOf(action, event, barred, now);
  const isReady = standing.kind === "ready";
  const against = standing.kind === "ready" ? problem : standing.reason;
  const submit = async () => {
    const accepted = await press();
    if (accepted) onPressed(accepted, buttonText);
    else refresh();
  };
  return (
    <Modal
      title={`Press “${buttonText}”?`}
      isOpen
      onClose={onClose}
      initialFocus={isDanger || !isReady ? cancel : confirm}
      foot={
        <>
          <Button ref={cancel} onClick={onClose}>
            {isReady ? "Cancel" : "Close"}
          </Button>
          {isReady && (
            <Button
              ref={confirm}
              look={isDanger ? "danger" : "primary"}
              className={isDanger ? "confirm-danger" : "confirm-press"}
              isBusy={isSending}
              // Ignore a held Enter that opened this dialog.
              onKeyDown={(pressed) => pressed.repeat && pressed.preventDefault()}
              onClick={submit}
            >
              <span className="line">{problem === null ? buttonText : "Try again"}</span>
            </Button>
          )}
        </>
      }
    >
      <dl className="confirm">
        <dt>Calls</dt>
        <dd>
          <strong>{hostOf(url) ?? "no web address"}</strong>
          <code className="confirm-url faint">{url}</code>
        </dd>
        <dt>Event</dt>
        <dd>
          <span className="confirm-event">{event.name}</span>{" "}
          {event.name !== event.type && <code className="faint">{event.type}</code>}
        </dd>
        <dt>Key</dt>
        <dd>
          <code>{key}</code>
        </dd>
      </dl>
      <div className="confirm-sent">
        <h3>Metadata</h3>
        {meta === null ? (
          <p className="soft">
            None. The hub sends only the button, its event and the name of your key.
          </p>
        ) : (
          <JsonTree value={meta} />
        )}
      </div>
      {against !== null && (
        <p className="confirm-problem" role="alert">
          {against}
        </p>
      )}
    </Modal>
  );
}
