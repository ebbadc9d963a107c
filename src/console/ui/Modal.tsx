import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, type RefObject, useState } from "react";
import { Button } from "./Button.tsx";
import "./Modal.css";

type Props = {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Its buttons; the primary one last. */
  foot?: ReactNode;
  /** The element to focus first, if not the first one. */
  initialFocus?: RefObject<HTMLElement | null>;
  /** Whether something is written in it that one would not want to lose. */
  isForm?: boolean;
};

/** A dialog. Esc or a click outside closes it; a form in which something was written asks first. */
export function Modal({ title, isOpen, onClose, children, foot, ...props }: Props) {
  const { initialFocus, isForm = false } = props;
  const [isWritten, setWritten] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const close = () => (isForm && isWritten ? setAsking(true) : onClose());
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => open || close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="modal-shade" />
        <Dialog.Popup className="modal" initialFocus={initialFocus}>
          <header className="modal-head">
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close render={<Button look="quiet" aria-label="Close" />}>
              <X size={16} />
            </Dialog.Close>
          </header>
          <div className="modal-body" onInput={() => setWritten(true)}>
            {children}
          </div>
          {foot && !isAsking && <footer className="modal-foot">{foot}</footer>}
          {isAsking && (
            <footer className="modal-foot">
              <span role="alert">Close it, and lose what you wrote?</span>
              <Button onClick={onClose}>Close</Button>
              <Button look="primary" autoFocus onClick={() => setAsking(false)}>
                Keep editing
              </Button>
            </footer>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
