import { useEffect, useState } from "react";
import { Modal } from "../ui/Modal.tsx";
import { onKey } from "./keys.ts";
import { places } from "./routes.tsx";
import "./HelpDialog.css";

const OPEN = "signalbox:help";

/** The list of keyboard shortcuts. */
export const openHelp = (): void => void dispatchEvent(new Event(OPEN));

const keys: [string, string][] = [
  ["Ctrl K, ⌘K", "Find a page, a hook, an event or an action"],
  ["/", "Search"],
  ["j, k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["a", "Go to the first button of the row's event"],
  ["p", "Pause or resume the feed"],
  ["n", "New, on pages that have such a button"],
  ["Esc", "Close, or forget the selected row"],
  ["?", "Show this list"],
];

/** Shortcuts that work on every page. */
export function HelpDialog() {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const open = () => setIsOpen(true);
    const off = onKey("?", open);
    addEventListener(OPEN, open);
    return () => {
      off();
      removeEventListener(OPEN, open);
    };
  }, []);
  const all = [...places.map(({ keys, label }): [string, string] => [keys, label]), ...keys];
  return (
    <Modal title="Keys" isOpen={isOpen} onClose={() => setIsOpen(false)}>
      <dl className="help">
        {all.map(([key, what]) => (
          <div key={key} className="help-key">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
