import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode, RefObject } from "react";
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
};

/** A dialog. Esc or a click outside closes it. */
export function Modal({ title, isOpen, onClose, children, foot, initialFocus }: Props) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="modal-shade" />
        <Dialog.Popup className="modal" initialFocus={initialFocus}>
          <header className="modal-head">
            <Dialog.Title>{title}</Dialog.Title>
            <Dialog.Close render={<Button look="quiet" aria-label="Close" />}>
              <X size={16} />
            </Dialog.Close>
          </header>
          <div className="modal-body">{children}</div>
          {foot && <footer className="modal-foot">{foot}</footer>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
