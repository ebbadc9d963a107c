import { type ReactNode, useState } from "react";
import { Button } from "./Button.tsx";
import { Confirm } from "./Confirm.tsx";

type Props = {
  /** What is asked; null to act at once. */
  ask: { title: string; text: ReactNode; confirm: string } | null;
  label?: string;
  className?: string;
  isBusy: boolean;
  onConfirm: () => void;
  children: ReactNode;
};

/** A button that asks before it acts on many, or sends something again. */
export function ConfirmButton({ ask, label, isBusy, onConfirm, ...button }: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const confirm = () => {
    setIsAsking(false);
    onConfirm();
  };
  return (
    <>
      <Button
        {...button}
        {...(label !== undefined && { "aria-label": label })}
        isBusy={isBusy}
        onClick={ask ? () => setIsAsking(true) : onConfirm}
      />
      {ask && isAsking && (
        <Confirm
          title={ask.title}
          labels={{ keep: "Not now", confirm: ask.confirm }}
          look="primary"
          isBusy={false}
          onConfirm={confirm}
          onClose={() => setIsAsking(false)}
        >
          <p>{ask.text}</p>
        </Confirm>
      )}
    </>
  );
}
