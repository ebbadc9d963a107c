import { ChevronRight } from "lucide-react";
import { useState } from "react";
import type { Json } from "../gql/graphql.ts";
import { Badge } from "../ui/layout/Badge.tsx";
import { Moment, milliseconds } from "../ui/time/Time.tsx";
import { BodyText } from "./BodyText.tsx";
import "./AttemptItem.css";

type Attempt = {
  number: number;
  startedAt: string;
  elapsedMs: number;
  outcome: string;
  statusCode: number | null;
  error: string | null;
  remoteAddress: string | null;
  requestHeaders: Json;
  responseHeaders: Json;
  responseBody: string | null;
  responseTruncated: boolean;
};

function Headers({ title, headers }: { title: string; headers: Json }) {
  if (typeof headers !== "object" || headers === null) return null;
  return (
    <div>
      <h3>{title}</h3>
      <dl className="attempt-headers mono">
        {Object.entries(headers).map(([name, value]) => (
          <div key={name}>
            <dt className="faint">{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/**
 * Set for a press only. All attempts of a delivery send the same body, which is shown once below
 * them.
 */
type Props = { attempt: Attempt; requestBody?: string };

/** One call. It expands to show the request and the response. */
export function AttemptItem({ attempt, requestBody }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const { number, outcome, statusCode, error, elapsedMs, responseBody } = attempt;
  return (
    <li className="attempt">
      <button
        type="button"
        className="attempt-head"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronRight size={12} />
        <span className="faint">#{number}</span>
        <Badge state={outcome} />
        {statusCode !== null && <code>{statusCode}</code>}
        <span className="attempt-error line soft">{error}</span>
        <span className="faint">{milliseconds(elapsedMs)}</span>
        <span className="faint">
          <Moment at={attempt.startedAt} />
        </span>
      </button>
      {isOpen && (
        <div className="attempt-body">
          {error !== null && <p>{error}</p>}
          {attempt.remoteAddress !== null && <p className="faint">To {attempt.remoteAddress}</p>}
          <Headers title="Request headers" headers={attempt.requestHeaders} />
          {requestBody !== undefined && <BodyText title="Request body" text={requestBody} />}
          <Headers title="Response headers" headers={attempt.responseHeaders} />
          {responseBody !== null && (
            <BodyText
              title={`Response body${attempt.responseTruncated ? ", truncated" : ""}`}
              text={responseBody}
            />
          )}
        </div>
      )}
    </li>
  );
}
