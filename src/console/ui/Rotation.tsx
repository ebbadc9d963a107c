import { type ReactNode, useState } from "react";
import { Button } from "./Button.tsx";
import { Field } from "./Field.tsx";
import { Modal } from "./Modal.tsx";

type Props = {
  title: string;
  error: string | undefined;
  isBusy: boolean;
  onRotate: (overlapHours: number) => void;
  onClose: () => void;
  /** The new secret, once created. */
  children: ReactNode;
};

/** Rotates a secret and shows the new one once. The old one stays valid for the overlap. */
export function Rotation({ title, error, isBusy, onRotate, onClose, children }: Props) {
  const [hours, setHours] = useState("24");
  if (children) {
    return (
      <Modal
        title="The new secret"
        isOpen
        onClose={onClose}
        foot={
          <Button look="primary" onClick={onClose}>
            I have saved it
          </Button>
        }
      >
        {children}
      </Modal>
    );
  }
  return (
    <Modal
      title={title}
      isOpen
      onClose={onClose}
      foot={
        <Button look="primary" isBusy={isBusy} onClick={() => onRotate(Number(hours))}>
          Create new secret
        </Button>
      }
    >
      <Field
        label="Overlap in hours"
        hint="Both secrets sign during this time: 0 to 168. Update your server before it ends."
        error={error}
      >
        <input
          type="number"
          min={0}
          max={168}
          value={hours}
          onChange={(event) => setHours(event.target.value)}
        />
      </Field>
    </Modal>
  );
}
