import type { ReactNode } from "react";
import { CopyButton } from "./copy/CopyButton.tsx";
import "./SecretOnce.css";

type Props = { secret: string; label: string; children: ReactNode };

/** A secret that is shown only once, and its purpose. */
export function SecretOnce({ secret, label, children }: Props) {
  return (
    <>
      <div className="secret">
        <code>{secret}</code>
        <CopyButton text={secret} label={label} />
      </div>
      <p className="soft">{children}</p>
    </>
  );
}
