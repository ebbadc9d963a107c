/** The ranges to choose from, in hours. */
export const ranges = [
  { name: "1h", label: "1 h", hours: 1 },
  { name: "6h", label: "6 h", hours: 6 },
  { name: "24h", label: "24 h", hours: 24 },
  { name: "7d", label: "7 d", hours: 168 },
  { name: "30d", label: "30 d", hours: 720 },
  { name: "90d", label: "90 d", hours: 2_159 },
] as const;

/** What charts show: a range that ends now, or one that was chosen by dragging. */
export type Shown =
  | { name: (typeof ranges)[number]["name"]; since: Date }
  | { name: null; since: Date; until: Date };

const timeIn = (params: URLSearchParams, name: string): Date | null => {
  const time = Date.parse(params.get(name) ?? "");
  return Number.isNaN(time) ? null : new Date(time);
};

const HOUR_MS = 3_600_000;
/** A range that ends now moves by a twelfth: the client keeps the answer for each start that it has asked for. */
const STEP_MS_PER_HOUR = HOUR_MS / 12;

/** The range in an address; 24 hours if there is none. */
export function rangeOf(params: URLSearchParams, now: number): Shown {
  const since = timeIn(params, "since");
  const until = timeIn(params, "until");
  if (since && until && since < until) return { name: null, since, until };
  const { name, hours } = ranges.find((one) => one.name === params.get("range")) ?? ranges[2];
  const stepMs = hours * STEP_MS_PER_HOUR;
  return { name, since: new Date(Math.ceil(now / stepMs) * stepMs - hours * HOUR_MS) };
}

/** The same address with another range. */
export function withRange(params: URLSearchParams, range: Record<string, string>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const name of ["range", "since", "until"]) next.delete(name);
  for (const [name, value] of Object.entries(range)) next.set(name, value);
  return next;
}
