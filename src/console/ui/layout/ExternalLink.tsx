import { ExternalLink as ExternalLinkIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./ExternalLink.css";

/** The host of an http or https URL; null for all other URLs. */
export function hostOf(address: string): string | null {
  const url = URL.parse(address);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url.host : null;
}

/** A link to an untrusted URL. It shows the host; other than http and https URLs are plain text. */
export function ExternalLink({ to, children }: { to: string; children?: ReactNode }) {
  const host = hostOf(to);
  if (host === null) return <span>{children ?? to}</span>;
  return (
    <a className="outside" href={to} target="_blank" rel="noopener noreferrer nofollow">
      <span className="line">{children ?? to}</span>
      {children !== undefined && <span className="faint">{host}</span>}
      <ExternalLinkIcon size={12} aria-label="opens in a new tab" />
    </a>
  );
}
