import { RotateCw } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useMay } from "../session/session.ts";
import { useRowKeys } from "../shell/useRowKeys.ts";
import { Button } from "../ui/Button.tsx";
import { DeliveryItem } from "./DeliveryItem.tsx";
import type { DeliveryRow } from "./deliveryRow.ts";
import { RetryDialog } from "./RetryDialog.tsx";
import { mayRetry } from "./retry.ts";
import "./ChosenDeliveries.css";

/** A list of deliveries, of which some can be chosen and retried together. */
export function ChosenDeliveries({ deliveries }: { deliveries: readonly DeliveryRow[] }) {
  const may = useMay();
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<readonly DeliveryRow[] | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const rowIds = deliveries.map(({ id }) => id);
  const rowAt = (index: number) => list.current?.children.item(index) ?? null;
  // Whether a row is open is known to the row alone.
  const { index: selected } = useRowKeys("deliveries", rowIds, (index) =>
    rowAt(index)?.querySelector<HTMLElement>("[aria-expanded]")?.click(),
  );
  const selectedId = rowIds[selected];
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a choice scrolls, not rows that arrive above it
  useEffect(() => {
    rowAt(selected)?.scrollIntoView({ block: "nearest" });
  }, [selectedId]);
  const possible = deliveries.filter(mayRetry);
  // Those that have left the page are not retried unseen.
  const chosen = possible.filter(({ id }) => ids.has(id));
  const isAll = chosen.length > 0 && chosen.length === possible.length;
  const choose = (id: string, isOn: boolean) => {
    const next = new Set(ids);
    if (isOn) next.add(id);
    else next.delete(id);
    setIds(next);
  };
  const close = () => {
    setAsked(null);
    setIds(new Set());
  };
  return (
    <>
      {may.operate && possible.length > 0 && (
        <div className="chosen">
          <label className="chosen-all">
            <input
              type="checkbox"
              checked={isAll}
              onChange={() => setIds(new Set(isAll ? [] : possible.map(({ id }) => id)))}
            />
            <span>All on this page</span>
          </label>
          {chosen.length > 0 && (
            <Button look="primary" onClick={() => setAsked(chosen)}>
              <RotateCw size={14} />
              <span>Retry {chosen.length === 1 ? "this one" : `these ${chosen.length}`}</span>
            </Button>
          )}
        </div>
      )}
      {deliveries.length > 0 && (
        <ul ref={list} className="deliveries" aria-label="Deliveries">
          {deliveries.map((delivery) => (
            <DeliveryItem
              key={delivery.id}
              delivery={delivery}
              shows="both"
              isSelected={delivery.id === selectedId}
              {...(may.operate &&
                possible.length > 0 && {
                  choice: mayRetry(delivery)
                    ? {
                        isOn: ids.has(delivery.id),
                        onChange: (isOn: boolean) => choose(delivery.id, isOn),
                      }
                    : null,
                })}
            />
          ))}
        </ul>
      )}
      {asked && <RetryDialog deliveries={asked} onClose={close} />}
    </>
  );
}
