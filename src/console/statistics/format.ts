const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const precise = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 });

export const formatCount = (value: number): string => compact.format(value);
export const formatShare = (value: number): string => percent.format(value);

const units = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "min", ms: 60_000 },
  { unit: "s", ms: 1_000 },
] as const;

/** Formats milliseconds in the largest unit that fits: 12 ms, 1.5 s, 3 min. */
export function formatMs(ms: number): string {
  const { unit, ms: size } = units.find((one) => ms >= one.ms) ?? { unit: "ms", ms: 1 };
  return `${precise.format(ms / size)} ${unit}`;
}
