import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Json } from "../../gql/graphql.ts";
import { useKept } from "../../kept/useKept.ts";
import { Badge } from "../../ui/layout/Badge.tsx";
import { Moment, milliseconds } from "../../ui/time/Time.tsx";
import { BodyText } from "../BodyText.tsx";
import { type Exchange, headersOf, sentenceOf } from "./attemptTexts.ts";
import "./AttemptItem.css";

type Attempt = Exchange & {
  id: string;
  startedAt: string;
  elapsedMs: number;
  responseTruncated: boolean;
};

function Headers({ title, headers }: { title: string; headers: Json }) {
  if (typeof headers !== "object" || headers === null) return null;
  return (
    <div>
      <h3>{title}</h3>
      <dl className="attempt-headers mono">
        {headersOf(headers).map(([name, value]) => (
          <div key={name}>
            <dt className="faint">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Response({ attempt }: { attempt: Attempt }) {
  const { responseBody, responseTruncated, responseHeaders } = attempt;
  return (
    <>
      {responseBody !== null && (
        <BodyText
          title={`Response body${responseTruncated ? ", truncated" : ""}`}
          text={responseBody}
        />
      )}
      <Headers title="Response headers" headers={responseHeaders} />
    </>
  );
}

type Props = {
  attempt: Attempt;
  /**
   * Set for a press only. All attempts of a delivery send the same body, which is shown once below
   * them.
   */
  requestBody?: string;
  /** Whether it is open until it is closed. */
  isFirstOpen?: boolean;
  /** What can be done with it. */
  tools?: ReactNode;
};

/** One call. It expands to show the request and the response; of one that failed, the response first. */
export function AttemptItem({ attempt, requestBody, isFirstOpen = false, tools }: Props) {
  const [isOpen, setIsOpen] = useKept(`open ${attempt.id}`, isFirstOpen);
  const { number, outcome, statusCode, error, elapsedMs } = attempt;
  const sentence = sentenceOf(attempt);
  const hasFailed = outcome !== "SUCCESS";
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
        <span className="attempt-error line soft">
          {error === `status ${statusCode}` ? null : error}
        </span>
        <span className="faint">{milliseconds(elapsedMs)}</span>
        <span className="faint">
          <Moment at={attempt.startedAt} />
        </span>
      </button>
      {isOpen && (
        <div className="attempt-body">
          {tools}
          {sentence !== null && <p>{sentence}</p>}
          {hasFailed && <Response attempt={attempt} />}
          {attempt.remoteAddress !== null && <p className="faint">To {attempt.remoteAddress}</p>}
          <Headers title="Request headers" headers={attempt.requestHeaders} />
          {requestBody !== undefined && <BodyText title="Request body" text={requestBody} />}
          {!hasFailed && <Response attempt={attempt} />}
        </div>
      )}
    </li>
  );
}
