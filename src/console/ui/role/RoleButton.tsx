import type { ComponentProps } from "react";
import { type Needed, useBarred } from "../../session/session.ts";
import { Button } from "../Button.tsx";
import { toast } from "../Toasts.tsx";

type Props = ComponentProps<typeof Button> & {
  /** The least role that may press it. */
  needs: Needed;
};

/** A button that a lesser role finds disabled: it stays focusable, and says which role it needs, also when pressed. */
export function RoleButton({ needs, ...rest }: Props) {
  const barred = useBarred(needs);
  if (barred === null) return <Button {...rest} />;
  return (
    <Button
      {...rest}
      type="button"
      disabled={false}
      aria-disabled="true"
      title={barred}
      onClick={() => toast(barred, "bad")}
    />
  );
}
