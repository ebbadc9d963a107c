import { Link } from "wouter";
import { Badge } from "../ui/layout/Badge.tsx";
import { Ago } from "../ui/time/Time.tsx";
import { duration } from "./duration.ts";
import type { RunRow } from "./runRow.ts";
import { StepMarks } from "./StepMarks.tsx";
import "./RunItem.css";

type Props = {
  run: RunRow;
  /** What to show, depending on the list. */
  shows: "workflow" | "event";
};

/** A run in a list, linked to its page. */
export function RunItem({ run, shows }: Props) {
  const took = duration(run);
  return (
    <li className="run" data-run={run.id}>
      <span className="run-state">
        <Badge state={run.status} />
      </span>
      <div className="run-what">
        <Link to={`/runs/${run.id}`} className="line">
          {shows === "workflow" ? run.workflow.name : run.event.name}
        </Link>
        <p className="line faint">
          {run.error ?? `For ${run.userId}${run.rerunOf === null ? "" : ", rerun"}`}
        </p>
      </div>
      <StepMarks steps={run.steps} />
      <div className="run-when soft">
        <Ago at={run.createdAt} />
        {took !== null && <span className="faint">{took}</span>}
      </div>
    </li>
  );
}
