import { Link } from "wouter";
import { Badge } from "../ui/layout/Badge.tsx";
import { Ago, span } from "../ui/time/Time.tsx";
import { useNow } from "../ui/time/useNow.ts";
import { duration } from "./duration.ts";
import { RunStanding } from "./RunStanding.tsx";
import type { RunRow } from "./runRow.ts";
import { StepMarks } from "./StepMarks.tsx";
import "./RunItem.css";

type Props = {
  run: RunRow;
  /** What to show, depending on the list. */
  shows: "workflow" | "event";
};

/** How long a run has been going on. */
function RunningFor({ since }: { since: string }) {
  return `running for ${span((useNow() - Date.parse(since)) / 1_000)}`;
}

/** A run in a list, linked to its page: whose it is, what started it, where it stands and how long it takes. */
export function RunItem({ run, shows }: Props) {
  const took = duration(run);
  const { event, workflow, userId, rerunOf } = run;
  const facts = [
    shows === "event" && event.contextId !== null && `context ${event.contextId}`,
    rerunOf !== null && "rerun",
  ].filter((fact) => fact !== false);
  return (
    <li className="run" data-run={run.id}>
      <span className="run-state">
        <Badge state={run.status} />
      </span>
      <div className="run-what">
        <p className="run-title">
          <Link to={`/runs/${run.id}`}>
            {shows === "workflow" ? workflow.name : event.name} for {userId}
          </Link>
          {facts.length > 0 && <span className="faint">{facts.join(", ")}</span>}
        </p>
        <p className={run.status === "FAILED" ? "run-standing run-failed" : "run-standing soft"}>
          <RunStanding run={run} />
        </p>
      </div>
      <StepMarks steps={run.steps} />
      <div className="run-when soft">
        <Ago at={run.createdAt} />
        <span className="faint">
          {took !== null && `took ${took}`}
          {took === null && run.startedAt !== null && <RunningFor since={run.startedAt} />}
        </span>
      </div>
    </li>
  );
}
