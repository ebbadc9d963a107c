import type { ComponentProps } from "react";
import "./Button.css";

type Props = ComponentProps<"button"> & {
  look?: "primary" | "plain" | "quiet" | "danger";
  /** Its action is in progress; it cannot be pressed meanwhile. */
  isBusy?: boolean | undefined;
};

/** A button. A button with only an icon needs an `aria-label`. */
export function Button({
  look = "plain",
  isBusy,
  type = "button",
  className,
  onClick,
  ...rest
}: Props) {
  return (
    <button
      type={type}
      {...rest}
      className={`button button-${look} ${className ?? ""}`}
      aria-busy={isBusy}
      // With `disabled` it would lose the focus.
      {...(isBusy && { "aria-disabled": true })}
      onClick={isBusy ? (click) => click.preventDefault() : onClick}
    />
  );
}
