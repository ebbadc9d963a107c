import "./Badge.css";

type Tone = "good" | "warn" | "bad" | "busy" | "quiet";

const tones: Readonly<Record<string, Tone>> = {
  ACTIVE: "good",
  HEALTHY: "good",
  MATCHED: "good",
  PROCESSED: "good",
  SUCCEEDED: "good",
  SUCCESS: "good",
  COMPLETE: "good",
  DONE: "good",
  RELEASED: "good",
  DISPATCHED: "busy",
  PENDING: "busy",
  RUNNING: "busy",
  STAGED: "busy",
  RETRYING: "warn",
  PARKED: "warn",
  PAUSED: "warn",
  SOME_FAILED: "warn",
  PENDING_VERIFICATION: "warn",
  UNKNOWN: "warn",
  CONNECTION_ERROR: "bad",
  DISABLED: "bad",
  BREAKER_OPEN: "bad",
  FAILED: "bad",
  FAILING: "bad",
  QUARANTINED: "bad",
  REFUSED: "bad",
  RESPONSE_ERROR: "bad",
};

/** The colour of a status, the same for all kinds of objects. */
export const toneOf = (state: string): Tone => tones[state] ?? "quiet";

/** Statuses whose name is no good word. */
const words: Readonly<Record<string, string>> = {
  PENDING_VERIFICATION: "Waits for consent",
};

/** A status in words. */
export const statusText = (state: string): string => {
  const known = words[state];
  if (known !== undefined) return known;
  const text = state.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** A status badge; with a label where the state's own name says too little. */
export function Badge({ state, label }: { state: string; label?: string | undefined }) {
  return (
    <span className={`badge badge-${toneOf(state)}`}>
      <span className="badge-dot" />
      {label ?? statusText(state)}
    </span>
  );
}
