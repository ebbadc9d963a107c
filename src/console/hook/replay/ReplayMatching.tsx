import type { DeliveryVariables } from "../../delivery/deliveryFilter.ts";
import { countOf } from "../../delivery/retry.ts";
import { statusText } from "../../ui/layout/Badge.tsx";
import { Facts } from "../../ui/layout/Facts.tsx";
import { Moment } from "../../ui/time/Time.tsx";
import { CountedRun } from "./CountedRun.tsx";
import { ReplayDocument } from "./replayDocument.ts";

/** A replay needs a start; nothing is older than this. */
const EVER = new Date(0).toISOString();

/** So many codes are a whole class, such as `5xx`. */
const CLASS = 100;
const codesOf = (codes: readonly number[]): string =>
  codes.length < CLASS ? codes.join(", ") : `${codes[0]} to ${codes.at(-1)}`;

type Props = { variables: DeliveryVariables; onClose: () => void };

/** Replays the ended deliveries that match the filter of the page. */
export function ReplayMatching({ variables, onClose }: Props) {
  const { status, hookIds, types, statusCodes, error, search, userId, since, until } = variables;
  const sendsAgain = status === null || status.includes("SUCCEEDED");
  return (
    <CountedRun
      kind="replay"
      title="Replay all that match"
      document={ReplayDocument}
      input={{ ...variables, since: since ?? EVER }}
      labelOf={(count) => `Replay ${countOf(count)}`}
      onClose={onClose}
    >
      {(problem) => (
        <>
          {problem !== undefined && (
            <p className="field-error" role="alert">
              {problem}
            </p>
          )}
          <p>All deliveries of this filter, on this page and on the others:</p>
          <Facts
            facts={[
              [
                "Status",
                status === null ? "All that have ended" : status.map(statusText).join(", "),
              ],
              ["Hooks", hookIds && (hookIds.length === 1 ? "One" : `${hookIds.length}`)],
              ["Types", types?.join(", ")],
              ["Status codes", statusCodes && codesOf(statusCodes)],
              ["Error text", error],
              ["Text in the event", search],
              ["User", userId],
              ["Created", since === null && until === null ? "At any time" : null],
              ["From", since && <Moment at={since} />],
              ["Until", until && <Moment at={until} />],
            ]}
          />
          <p className="soft">
            Failed deliveries are reopened with new attempts.
            {sendsAgain && " Succeeded ones are sent again as new deliveries."} The replay runs in
            the background and does not delay new deliveries.
          </p>
        </>
      )}
    </CountedRun>
  );
}
