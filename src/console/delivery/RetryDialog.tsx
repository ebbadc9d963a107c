import { useState } from "react";
import { useClient } from "urql";
import { useChanges } from "../live/useChanges.ts";
import { Button } from "../ui/Button.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Modal } from "../ui/Modal.tsx";
import type { DeliveryRow } from "./deliveryRow.ts";
import { countOf, RetryDocument, targetOf } from "./retry.ts";
import "./RetryDialog.css";

type Refused = { id: string; name: string; message: string };

/** What the hub answered, and what it has told since of any delivery: it may do so before it answers. */
type Result = {
  states: ReadonlyMap<string, string>;
  news: ReadonlyMap<string, string>;
  refused: Refused[];
  isDone: boolean;
};

type Props = { deliveries: readonly DeliveryRow[]; onClose: () => void };

/** Asks before deliveries are retried, retries them one after the other, and shows how they go. */
export function RetryDialog({ deliveries, onClose }: Props) {
  const client = useClient();
  const [result, setResult] = useState<Result | null>(null);
  const [chosen] = useState(deliveries);
  useChanges((news) => {
    if (result === null || news === "missed") return;
    const moved = news.flatMap((changed) =>
      changed.__typename === "Delivery" ? [[changed.id, changed.deliveryStatus] as const] : [],
    );
    setResult((last) => {
      if (last === null) return null;
      // Once all are answered, what happens to other deliveries is not kept.
      const ours = last.isDone ? moved.filter(([id]) => last.states.has(id)) : moved;
      return ours.length > 0 ? { ...last, news: new Map([...last.news, ...ours]) } : last;
    });
  });
  const again = chosen.filter(({ status }) => status === "SUCCEEDED").length;
  const confirm = async () => {
    setResult({ states: new Map(), news: new Map(), refused: [], isDone: false });
    for (const delivery of chosen) {
      const { data, error } = await client.mutation(RetryDocument, { id: delivery.id }).toPromise();
      const payload = data?.retryDelivery;
      const wrong = error ?? payload?.userErrors[0];
      const name = `${delivery.event.name} to ${targetOf(delivery)}`;
      const state = payload?.delivery;
      setResult(
        (last) =>
          last && {
            ...last,
            states: state ? new Map([...last.states, [state.id, state.status]]) : last.states,
            refused: wrong
              ? [...last.refused, { id: delivery.id, name, message: wrong.message }]
              : last.refused,
          },
      );
    }
    setResult((last) => last && { ...last, isDone: true });
  };
  return (
    <Modal
      title={
        result === null ? `Retry ${countOf(chosen.length)}?` : `Retrying ${countOf(chosen.length)}`
      }
      isOpen
      onClose={onClose}
      foot={
        result === null ? (
          <>
            <Button onClick={onClose}>Not now</Button>
            <Button look="primary" onClick={confirm}>
              Retry {countOf(chosen.length)}
            </Button>
          </>
        ) : (
          <Button isBusy={!result.isDone} onClick={onClose}>
            Close
          </Button>
        )
      }
    >
      {result === null ? (
        <p>
          Each is tried again now.
          {again > 0 &&
            ` ${again === chosen.length ? "All" : again} of them succeeded before: your server gets these events once more, as new deliveries.`}
        </p>
      ) : (
        <Tally result={result} count={chosen.length} />
      )}
    </Modal>
  );
}

function Tally({ result: { states, news, refused }, count }: { result: Result; count: number }) {
  const counts = Map.groupBy(states, ([id, answered]) => news.get(id) ?? answered);
  return (
    <div className="retry-tally" role="status">
      <p>
        {states.size.toLocaleString()} of {countOf(count)} retried.
      </p>
      <ul className="retry-states">
        {[...counts].map(([state, all]) => (
          <li key={state}>
            <Badge state={state} /> {all.length.toLocaleString()}
          </li>
        ))}
      </ul>
      {refused.map(({ id, name, message }) => (
        <p key={id} className="field-error">
          {name}: {message}
        </p>
      ))}
    </div>
  );
}
