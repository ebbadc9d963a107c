import type { ReactNode } from "react";
import { Button } from "./Button.tsx";
import { Modal } from "./Modal.tsx";

type Props = {
  title: string;
  /** What happens when it is confirmed. */
  children: ReactNode;
  /** The buttons that close it and that confirm it. */
  labels: { keep: string; confirm: string };
  /** Of the button that confirms it. */
  look?: "danger" | "primary";
  isBusy: boolean;
  onConfirm: () => void;
  onClose: () => void;
};

/** A dialog that asks before something is done, usually what cannot be undone. */
export function Confirm({
  title,
  children,
  labels,
  look = "danger",
  isBusy,
  onConfirm,
  onClose,
}: Props) {
  return (
    <Modal
      title={title}
      isOpen
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{labels.keep}</Button>
          <Button look={look} isBusy={isBusy} onClick={onConfirm}>
            {labels.confirm}
          </Button>
        </>
      }
    >
      {children}
    </Modal>
  );
}
