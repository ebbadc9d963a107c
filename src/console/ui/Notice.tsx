import type { CombinedError } from "@urql/core";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button.tsx";
import "./Notice.css";

/** The notice of an empty list, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice">
      <p className="notice-title">{title}</p>
      <div className="soft">{children}</div>
    </div>
  );
}

/** Loading failed. */
export function Failure({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const text = error.networkError
    ? "The hub cannot be reached."
    : error.message.replace(/^\[GraphQL\] /, "");
  return (
    <div className="notice" role="alert">
      <CircleAlert size={20} />
      <p className="notice-title">{text}</p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

/** Placeholder rows while loading. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div className="loading" role="status">
      <span className="unseen">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholder rows have no keys
        <div key={row} className="loading-row" />
      ))}
    </div>
  );
}
