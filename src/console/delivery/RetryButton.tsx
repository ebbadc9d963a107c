import { RotateCw } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/Button.tsx";
import { useAct } from "../ui/useAct.ts";
import type { DeliveryRow } from "./deliveryRow.ts";
import { RetryDialog } from "./RetryDialog.tsx";
import { RetryDocument } from "./retry.ts";

/** Retries one delivery; asks first if that sends something again that has arrived. */
export function RetryButton({ delivery, name }: { delivery: DeliveryRow; name: string }) {
  const [isAsking, setIsAsking] = useState(false);
  const retry = useAct(RetryDocument);
  const { id, status } = delivery;
  return (
    <>
      <Button
        className="delivery-retry"
        aria-label={`Retry: ${name}`}
        isBusy={retry.isRunning}
        onClick={() =>
          status === "SUCCEEDED" ? setIsAsking(true) : retry.run({ id }, "Retrying the delivery.")
        }
      >
        <RotateCw size={14} /> <span>Retry</span>
      </Button>
      {isAsking && <RetryDialog deliveries={[delivery]} onClose={() => setIsAsking(false)} />}
    </>
  );
}
