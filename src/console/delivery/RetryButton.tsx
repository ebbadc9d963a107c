import { RotateCw } from "lucide-react";
import { useRef } from "react";
import { ConfirmButton } from "../ui/ConfirmButton.tsx";
import { useFocusHeir } from "../ui/layout/useFocusHeir.ts";
import { toast } from "../ui/Toasts.tsx";
import { useAct } from "../ui/useAct.ts";
import { deliveryHeirs } from "./deliveryHeirs.ts";
import type { DeliveryRow } from "./deliveryRow.ts";
import { RetryDocument } from "./retry.ts";

/** Retries one delivery; asks first if that sends something again that has arrived. */
export function RetryButton({ delivery, name }: { delivery: DeliveryRow; name: string }) {
  const retry = useAct(RetryDocument);
  const button = useRef<HTMLButtonElement>(null);
  useFocusHeir(button, deliveryHeirs);
  const { id, status } = delivery;
  const ask = {
    title: "Send it again?",
    text: "It succeeded before: your server gets this event once more, as a new delivery.",
    confirm: "Send again",
  };
  const confirm = async () => {
    const sent = (await retry.run({ id }))?.delivery;
    if (!sent) return;
    if (sent.id === id) toast("Retrying the delivery.");
    else
      toast("Sent again, as a new delivery.", "good", {
        to: `/deliveries/${sent.id}`,
        label: "Open it",
      });
  };
  return (
    <ConfirmButton
      ref={button}
      ask={status === "SUCCEEDED" ? ask : null}
      label={`Retry: ${name}`}
      isBusy={retry.isRunning}
      onConfirm={confirm}
    >
      <RotateCw size={14} /> <span>Retry</span>
    </ConfirmButton>
  );
}
