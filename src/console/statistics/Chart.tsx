import { memo, useEffect, useRef } from "react";
import uPlot from "uplot";
import { formatter } from "../ui/time/formatter.ts";
import { useTimeZone } from "../ui/time/timeZone.ts";
import "uplot/dist/uPlot.min.css";
import "./Chart.css";

export type Series = {
  label: string;
  /** A colour of tokens.css. */
  colour: string;
  values: (number | null)[];
};

type Props = {
  title: string;
  /** The chart in a sentence, for those who do not see it. */
  summary: string;
  /** The start of each step. */
  times: Date[];
  series: Series[];
  format: (value: number) => string;
  /** The end of the axis, if it is fixed. */
  max?: number;
  onZoom: (since: Date, until: Date) => void;
};

const HEIGHT = 180;
const AXIS_WIDTH = 68;
const LABEL_WIDTH = 80;
/** Room for half of a label at the end of the axis, which would be cut off. */
const END_WIDTH = 32;
const DAY_S = 86_400;

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name);
const time = formatter({ timeStyle: "short" });
const day = formatter({ month: "short", day: "numeric" });
const moment = formatter({ dateStyle: "medium", timeStyle: "short" });

/** Days on a long axis; times of day on a short one. */
function labels(splits: number[]): string[] {
  const isLong = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > 2 * DAY_S;
  return splits.map((at) => (isLong ? day : time)(at * 1_000));
}

/** A value without neighbours, which no line would show. */
const isLone = (value: unknown, index: number, all: ArrayLike<unknown>) =>
  value != null && all[index - 1] == null && all[index + 1] == null;

const loneOf = (values: ArrayLike<unknown>): number[] =>
  Array.from(values, (value, index) => (isLone(value, index, values) ? index : -1)).filter(
    (index) => index >= 0,
  );

const dataOf = ({ times, series }: Props): uPlot.AlignedData => [
  times.map((at) => at.getTime() / 1_000),
  ...series.map(({ values }) => values),
];

function optionsOf(
  { series, format, max }: Props,
  width: number,
  onZoom: Props["onZoom"],
  zone: string,
): uPlot.Options {
  const axis = {
    stroke: () => token("--ink-soft"),
    grid: { stroke: () => token("--line"), width: 1 },
  };
  return {
    width,
    height: HEIGHT,
    padding: [null, END_WIDTH, null, null],
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), zone),
    cursor: {
      drag: { x: true, y: false, setScale: false },
      // The pointer is shown in all charts; what is dragged belongs to one.
      sync: { key: "statistics", filters: { pub: (event) => /^mouse(move|leave)$/.test(event) } },
    },
    scales: { y: { range: (_plot, _min, most) => [0, max ?? Math.max(1, most * 1.05)] } },
    axes: [
      { ...axis, space: LABEL_WIDTH, values: (_plot, splits) => labels(splits) },
      { ...axis, size: AXIS_WIDTH, values: (_plot, splits) => splits.map(format) },
    ],
    series: [
      { label: "Time", value: (_plot, at) => (at == null ? "" : moment(at * 1_000)) },
      ...series.map(({ label, colour }) => ({
        label,
        stroke: () => token(colour),
        width: 1.5,
        points: {
          fill: () => token("--page"),
          filter: (plot: uPlot, at: number, isShown: boolean) =>
            isShown ? null : loneOf(plot.data[at] ?? []),
        },
        value: (plot: uPlot, value: number | null) =>
          value == null ? (plot.cursor.idx == null ? "" : "none") : format(value),
      })),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide === 0) return;
          const at = (x: number) => new Date(plot.posToVal(x, "x") * 1_000);
          onZoom(at(left), at(left + wide));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A line chart over time: with units, values under the pointer in its legend, and zoom by dragging. */
export const Chart = memo(function Chart(props: Props) {
  const zone = useTimeZone();
  const frame = useRef<HTMLDivElement>(null);
  const plotted = useRef<uPlot>(null);
  const current = useRef(props);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const zoom: Props["onZoom"] = (since, until) => current.current.onZoom(since, until);
    const options = optionsOf(current.current, element.clientWidth, zoom, zone);
    const plot = new uPlot(options, dataOf(current.current), element);
    plotted.current = plot;
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resized.observe(element);
    const themed = new MutationObserver(() => plot.redraw());
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.destroy();
    };
  }, [zone]);
  // New data keeps the plot, and what the pointer shows.
  useEffect(() => {
    current.current = props;
    plotted.current?.setData(dataOf(props));
  }, [props]);
  return (
    <figure className="chart">
      <figcaption>{props.title}</figcaption>
      <div ref={frame} className="chart-frame" role="img" aria-label={props.summary} />
    </figure>
  );
});
