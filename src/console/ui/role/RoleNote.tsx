import { Lock } from "lucide-react";
import { type Needed, useBarred } from "../../session/session.ts";
import "./RoleNote.css";

type Props = {
  needs: Needed;
  /** The beginning of the sentence: `Changing settings`. */
  what: string;
};

/** Says once, in place of many buttons, which role they need; nothing if the key has it. */
export function RoleNote({ needs, what }: Props) {
  const barred = useBarred(needs, what);
  if (barred === null) return null;
  return (
    <p className="role-note">
      <Lock size={14} /> <span>{barred}</span>
    </p>
  );
}
