import { Button } from "../ui/Button.tsx";
import "./KeptNote.css";

/** Says that a form holds changes that were left unsaved, with the button that discards them. */
export function KeptNote({ discard }: { discard: (() => void) | null }) {
  if (discard === null) return null;
  return (
    <p className="kept-note" role="status">
      <span>Your unsaved changes are still here.</span>
      <Button onClick={discard}>Discard them</Button>
    </p>
  );
}
