import type { CombinedError } from "@urql/core";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./Button.tsx";
import "./Notice.css";

/** What stands where there is nothing yet, and how that changes. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice">
      <p className="notice-title">{title}</p>
      <div className="soft">{children}</div>
    </div>
  );
}

/** Reading failed. */
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

/** Rows that are still being read. */
export function Loading({ rows = 6 }: { rows?: number }) {
  return (
    <div className="loading" role="status">
      <span className="unseen">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows of nothing differ in nothing else
        <div key={row} className="loading-row" />
      ))}
    </div>
  );
}
