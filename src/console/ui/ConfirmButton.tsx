import { type ReactNode, type Ref, useState } from "react";
import type { Needed } from "../session/session.ts";
import { Confirm } from "./Confirm.tsx";
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
  ref?: Ref<HTMLButtonElement>;
};

/** A button that asks before it acts on many, or sends something again. */
export function ConfirmButton({
  ask,
  label,
  needs = "OPERATOR",
  isBusy,
  onConfirm,
  ...button
}: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const confirm = () => {
    setIsAsking(false);
    onConfirm();
  };
  return (
    <>
      <RoleButton
        {...button}
        needs={needs}
        {...(label !== undefined && { "aria-label": label, title: label })}
        isBusy={isBusy}
        onClick={ask ? () => setIsAsking(true) : onConfirm}
      />
      {ask && isAsking && (
        <Confirm
          title={ask.title}
          labels={{ keep: "Not now", confirm: ask.confirm }}
          look="primary"
          isBusy={false}
          onConfirm={confirm}
          onClose={() => setIsAsking(false)}
        >
          <p>{ask.text}</p>
        </Confirm>
      )}
    </>
  );
}
