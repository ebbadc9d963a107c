import { BodyText } from "../../delivery/BodyText.tsx";
import { matchText } from "../../event/matchText.ts";
import { Badge } from "../../ui/layout/Badge.tsx";
import { Ago } from "../../ui/time/Time.tsx";
import type { HookDraft } from "./hookDraft.ts";
import type { Preview } from "./usePreview.ts";
import "./HookPreview.css";

/** What is wrong with the hook, by the names of its fields. */
type Problems = Partial<Record<string, string>>;

/** Sentences about what keeps the hook from being tried: of the form itself, else of the server. */
function reasonsOf(problems: Problems, preview: Preview | null): string[] {
  const own = Object.values(problems).filter((problem) => problem !== undefined);
  return own.length > 0 ? own : (preview?.userErrors.map(({ message }) => message) ?? []);
}

type Props = {
  preview: Preview | null;
  problems: Problems;
  draft: Pick<HookDraft, "url" | "types">;
};

/** Tries the hook on the newest events of its types: which match, and the request body. */
export function HookPreview({ preview, problems, draft }: Props) {
  const isBlank = draft.url.trim() === "" || draft.types.trim() === "";
  const reasons = preview || !isBlank ? reasonsOf(problems, preview) : [];
  const trials = reasons.length > 0 ? [] : (preview?.trials ?? []);
  const taken = trials.filter(({ reason }) => reason === "MATCHED");
  const sent = taken.find(({ body }) => body !== null);
  return (
    <aside className="hook-preview" aria-label="Preview">
      <h2>Preview</h2>
      {!preview && reasons.length === 0 && (
        <p className="soft">
          {isBlank
            ? "Enter a URL and an event type to try the hook on the newest events."
            : "Trying the hook on the newest events …"}
        </p>
      )}
      {reasons.length > 0 && (
        <>
          <p className="soft">The hook cannot be tried on events, because of this:</p>
          <ul className="hook-preview-problems">
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
      {preview && reasons.length === 0 && trials.length === 0 && (
        <p className="soft">No events of these types yet.</p>
      )}
      {trials.length > 0 && (
        <>
          <p className="soft">
            It matches {taken.length} of the newest {trials.length} events of these types.
          </p>
          <ul className="hook-tried">
            {trials.map(({ event, reason, detail, error, orderKey, orderDetail }) => (
              <li key={event.id}>
                <div className="hook-tried-line">
                  <Badge state={reason} label={matchText(reason)} />
                  <div className="hook-tried-event">
                    <span>{event.name}</span>
                    <span className="faint">
                      <Ago at={event.occurredAt} />
                    </span>
                  </div>
                </div>
                {detail !== null && <p className="faint">{detail}</p>}
                {error !== null && <p className="field-error">{error}</p>}
                {orderKey !== null && <p className="faint">Order key: {orderKey}</p>}
                {orderDetail !== null && <p className="faint">No order: {orderDetail}</p>}
              </li>
            ))}
          </ul>
        </>
      )}
      {sent?.body != null && (
        <BodyText
          title={`Request body for the newest matching event (${sent.contentType})`}
          text={sent.body}
        />
      )}
    </aside>
  );
}
