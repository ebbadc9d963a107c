import { type ReactNode, useState } from "react";
import type { Needed } from "../session/session.ts";
import { Button } from "./Button.tsx";
import { Modal } from "./Modal.tsx";
import { RoleButton } from "./role/RoleButton.tsx";

type Props = {
  /** What is asked; null to act at once. */
  ask: { title: string; text: ReactNode; confirm: string } | null;
  label?: string;
  /** The least role that may press it; OPERATOR if none is given. */
  needs?: Needed;
  isBusy: boolean;
  onConfirm: () => void;
  children: ReactNode;
};

/** A button that asks before it acts on many, or sends something again. */
export function ConfirmButton({
  ask,
  label,
  needs = "OPERATOR",
  isBusy,
  onConfirm,
  children,
}: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const confirm = () => {
    setIsAsking(false);
    onConfirm();
  };
  return (
    <>
      <RoleButton
        needs={needs}
        {...(label !== undefined && { "aria-label": label })}
        isBusy={isBusy}
        onClick={ask ? () => setIsAsking(true) : onConfirm}
      >
        {children}
      </RoleButton>
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
