import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";
import { Button } from "../ui/Button.tsx";
import { Section } from "../ui/layout/Page.tsx";
import { Loading } from "../ui/Notice.tsx";
import { useTimeZone } from "../ui/time/timeZone.ts";
import { useMinute } from "../ui/time/useNow.ts";
import { Chart, type Series } from "./Chart.tsx";
import { formatCount, formatMs, formatShare } from "./format.ts";
import { PointsTable } from "./PointsTable.tsx";
import { rangeOf, ranges, withRange } from "./range.ts";
import { type Statistics, type Subject, useStatistics } from "./useStatistics.ts";
import "./Charts.css";

type Point = Statistics["points"][number];

const classes = [
  { label: "2xx", colour: "--dot-good", has: (code: number | null) => code !== null && code < 300 },
  { label: "3xx", colour: "--dot-busy", has: (code: number | null) => hundreds(code) === 3 },
  { label: "4xx", colour: "--dot-warn", has: (code: number | null) => hundreds(code) === 4 },
  { label: "5xx", colour: "--dot-bad", has: (code: number | null) => hundreds(code) >= 5 },
  { label: "No answer", colour: "--dot-quiet", has: (code: number | null) => code === null },
];
const hundreds = (code: number | null) => Math.floor((code ?? 0) / 100);

const answersOf = (points: Point[]): Series[] =>
  classes.map(({ label, colour, has }) => ({
    label,
    colour,
    values: points.map(({ answers }) =>
      answers
        .filter(({ statusCode }) => has(statusCode))
        .reduce((sum, { count }) => sum + count, 0),
    ),
  }));

function chartsOf({ points, total, step }: Statistics) {
  const of = (pick: (point: Point) => number | null) => points.map(pick);
  const each = step === "MINUTE" ? "per minute" : "per hour";
  const share = total.successShare === null ? "no deliveries" : formatShare(total.successShare);
  const latency =
    total.latencyP50Ms === null || total.latencyP95Ms === null
      ? "nothing delivered"
      : `half within ${formatMs(total.latencyP50Ms)}, 95 % within ${formatMs(total.latencyP95Ms)}`;
  return [
    {
      title: `Throughput, ${each}`,
      summary: `${total.accepted.toLocaleString()} accepted, ${total.succeeded.toLocaleString()} delivered, ${total.failed.toLocaleString()} failed`,
      format: formatCount,
      series: [
        { label: "Accepted", colour: "--ink-soft", values: of(({ accepted }) => accepted) },
        { label: "Delivered", colour: "--dot-good", values: of(({ succeeded }) => succeeded) },
        { label: "Failed", colour: "--dot-bad", values: of(({ failed }) => failed) },
      ],
    },
    {
      title: "Success share",
      summary: `Success share: ${share}`,
      format: formatShare,
      max: 1.02,
      series: [
        {
          label: "Succeeded",
          colour: "--dot-good",
          values: of(({ successShare }) => successShare),
        },
      ],
    },
    {
      title: "Latency, from emit to delivered",
      summary: `Latency: ${latency}`,
      format: formatMs,
      series: [
        { label: "p50", colour: "--dot-busy", values: of(({ latencyP50Ms }) => latencyP50Ms) },
        { label: "p95", colour: "--dot-warn", values: of(({ latencyP95Ms }) => latencyP95Ms) },
      ],
    },
    {
      title: `Answers to attempts, ${each}`,
      summary: `Attempts by status code; ${total.retried.toLocaleString()} were retried`,
      format: formatCount,
      series: answersOf(points),
    },
  ];
}

/** The charts of a project, a hook or an event type, with their range in the address. */
export function Charts({ subject }: { subject: Subject }) {
  const [params, setParams] = useSearchParams();
  const zone = useTimeZone();
  const address = params.toString();
  const minute = useMinute();
  const shown = useMemo(() => rangeOf(new URLSearchParams(address), minute), [address, minute]);
  const statistics = useStatistics(subject, shown);
  const charts = useMemo(() => statistics && chartsOf(statistics), [statistics]);
  const times = useMemo(() => statistics?.points.map(({ at }) => new Date(at)), [statistics]);
  const change = useCallback(
    (range: Record<string, string>) => setParams((before) => withRange(before, range)),
    [setParams],
  );
  const zoom = useCallback(
    (since: Date, until: Date) =>
      change({ since: since.toISOString(), until: until.toISOString() }),
    [change],
  );
  return (
    <Section
      title="Over time"
      tools={
        <fieldset className="charts-ranges" aria-label="Time range">
          {ranges.map(({ name, label }) => (
            <Button
              key={name}
              look="quiet"
              aria-pressed={shown.name === name}
              onClick={() => change({ range: name })}
            >
              {label}
            </Button>
          ))}
        </fieldset>
      }
    >
      {!statistics || !charts || !times ? (
        <Loading />
      ) : (
        <>
          <div className="charts">
            {charts.map((chart) => (
              <Chart key={chart.title} {...chart} times={times} onZoom={zoom} />
            ))}
          </div>
          <p className="faint">
            {shown.name === null ? "A part that was chosen by dragging. " : "Drag to zoom. "}
            Times are in {zone}.
          </p>
          <PointsTable points={statistics.points} />
        </>
      )}
    </Section>
  );
}
