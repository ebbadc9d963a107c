import type { ComponentProps } from "react";
import "./Button.css";

type Props = ComponentProps<"button"> & {
  look?: "primary" | "plain" | "quiet" | "danger";
  /** Something it started is under way: it cannot be pressed again meanwhile. */
  isBusy?: boolean | undefined;
};

/** A button. One with an icon alone needs an `aria-label`. */
export function Button({ look = "plain", isBusy, type = "button", className, ...rest }: Props) {
  return (
    <button
      type={type}
      {...rest}
      className={`button button-${look} ${className ?? ""}`}
      disabled={rest.disabled || isBusy}
      aria-busy={isBusy}
    />
  );
}
