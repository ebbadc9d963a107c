import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import "./Outside.css";

/** The host of an address that a browser may open: http and https alone; null for all others. */
export function hostOf(address: string): string | null {
  const url = URL.parse(address);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url.host : null;
}

/** A link to an address that others chose. It shows the host it leads to; what is no web address is text. */
export function Outside({ to, children }: { to: string; children?: ReactNode }) {
  const host = hostOf(to);
  if (host === null) return <span>{children ?? to}</span>;
  return (
    <a className="outside" href={to} target="_blank" rel="noopener noreferrer nofollow">
      <span className="line">{children ?? to}</span>
      {children !== undefined && <span className="faint">{host}</span>}
      <ExternalLink size={12} aria-label="opens in a new tab" />
    </a>
  );
}
