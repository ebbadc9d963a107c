import { cronText } from "./cronText.ts";
import { RunTime } from "./RunTime.tsx";

/** What a cron says in words, and when it runs next. */
export function CronRuns({ cron, runs }: { cron: string; runs: readonly string[] }) {
  const text = cronText(cron);
  return (
    <p className="schedule-note soft" role="status">
      {text && <>{text}. </>}
      {runs.length > 0 && "Next: "}
      {runs.map((at, index) => (
        <span key={at}>
          {index > 0 && "; "}
          <RunTime at={at} />
        </span>
      ))}
    </p>
  );
}
