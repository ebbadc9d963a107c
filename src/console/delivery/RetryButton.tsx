import { RotateCw } from "lucide-react";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { useAct } from "../ui/useAct.ts";
import type { DeliveryRow } from "./deliveryRow.ts";
import { RetryDocument } from "./retry.ts";

/** Retries one delivery; asks first if that sends something again that has arrived. */
export function RetryButton({ delivery, name }: { delivery: DeliveryRow; name: string }) {
  const retry = useAct(RetryDocument);
  const { id, status } = delivery;
  const ask = {
    title: "Send it again?",
    text: "It succeeded before: your server gets this event once more, as a new delivery.",
    confirm: "Send again",
  };
  return (
    <ConfirmButton
      ask={status === "SUCCEEDED" ? ask : null}
      label={`Retry: ${name}`}
      isBusy={retry.isRunning}
      onConfirm={() => retry.run({ id }, "Retrying the delivery.")}
    >
      <RotateCw size={14} /> <span>Retry</span>
    </ConfirmButton>
  );
}
