/** Lengths of line and gap, by the place of a series: lines differ by more than their colour. */
const dashes: readonly number[][] = [[], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3]];

/** The dash of the line of a series. */
export const dashOf = (index: number): number[] => dashes[index % dashes.length] ?? [];

/** The same dash as a background: the mark of the series in the legend. */
export function markOf(index: number, colour: string): string {
  const dash = dashOf(index);
  if (dash.length === 0) return `var(${colour})`;
  let end = 0;
  const stops = dash.map((length, place) => {
    const start = end;
    end += length;
    return `${place % 2 === 0 ? `var(${colour})` : "transparent"} ${start}px ${end}px`;
  });
  return `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
}
