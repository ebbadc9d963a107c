import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useDeferredValue, useState } from "react";
import { useLocation } from "wouter";
import { type Command, fits } from "./command.ts";
import { useCommands } from "./useCommands.ts";
import { useFound } from "./useFound.ts";
import "../ui/layout/Menu.css";
import "../ui/Modal.css";
import "./PaletteDialog.css";

/** Goes to a page, a hook, an event type or the thing with an id, or does something, by what is typed. */
export function PaletteDialog({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const text = useDeferredValue(typed.trim());
  const { found, isSearching } = useFound(text);
  const commands = useCommands().filter((command) => fits(command, text));
  const items = [...commands, ...found];
  const choose = (command: Command) => {
    onClose();
    if ("to" in command) navigate(command.to);
    else command.run();
  };
  return (
    <Dialog.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="modal-shade" />
        <Dialog.Popup className="modal palette" aria-label="Find">
          <Autocomplete.Root
            inline
            open
            mode="none"
            items={items}
            itemToStringValue={({ label }: Command) => label}
            value={typed}
            onValueChange={setTyped}
            autoHighlight="always"
            keepHighlight
          >
            <Autocomplete.Input
              className="palette-text"
              aria-label="Find"
              placeholder="A page, a hook, an id or an action"
            />
            <Autocomplete.Empty className="palette-empty soft">
              {isSearching ? "Searching…" : "Nothing found."}
            </Autocomplete.Empty>
            <Autocomplete.List className="palette-list">
              {(command: Command) => (
                <Autocomplete.Item
                  key={command.id}
                  value={command}
                  className="menu-item palette-item"
                  onClick={() => choose(command)}
                >
                  <span className="line">{command.label}</span>
                  {command.detail && <span className="line faint">{command.detail}</span>}
                  {command.keys && <kbd>{command.keys}</kbd>}
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
