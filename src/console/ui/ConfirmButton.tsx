import { type ReactNode, useState } from "react";
import { Button } from "./Button.tsx";
import { Modal } from "./Modal.tsx";

type Props = {
  /** What is asked; null to act at once. */
  ask: { title: string; text: ReactNode; confirm: string } | null;
  label?: string;
  isBusy: boolean;
  onConfirm: () => void;
  children: ReactNode;
};

/** A button that asks before it acts on many, or sends something again. */
export function ConfirmButton({ ask, label, isBusy, onConfirm, children }: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const confirm = () => {
    setIsAsking(false);
    onConfirm();
  };
  return (
    <>
      <Button
        {...(label !== undefined && { "aria-label": label })}
        isBusy={isBusy}
        onClick={ask ? () => setIsAsking(true) : onConfirm}
      >
        {children}
      </Button>
      {ask && isAsking && (
        <Modal
          title={ask.title}
          isOpen
          onClose={() => setIsAsking(false)}
          foot={
            <>
              <Button onClick={() => setIsAsking(false)}>Not now</Button>
              <Button look="primary" onClick={confirm}>
                {ask.confirm}
              </Button>
            </>
          }
        >
          <p>{ask.text}</p>
        </Modal>
      )}
    </>
  );
}
