// Patches quote template texts of the sources as they stand there.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: see above
import type { Mutant } from "./mutants.ts";

const RUN = "src/domain/schedule/scheduleRun.ts";

/** The mutants of hooks' health, of backfills and of schedules. */
export const hookMutants: Mutant[] = [
  {
    row: "T36",
    name: "each process probes for itself",
    patches: [
      {
        file: "drizzle/0001_functions.sql",
        find: "UPDATE signalbox.hook_stats s SET probe_token = p_token, probe_at = v_now + v_held_ms * interval '1 millisecond'",
        replace: "UPDATE signalbox.hook_stats s SET probe_token = p_token",
      },
    ],
  },
  {
    row: "T45",
    name: "a run is not done once: neither the schedule's row nor the key keeps another process from it",
    patches: [
      { file: RUN, find: "throw new NotDue();", replace: "void NotDue;" },
      {
        file: RUN,
        find: "`schedule:${id}:${runAt.toISOString()}`",
        replace: "`schedule:${id}:${process.hrtime()}`",
      },
    ],
  },
  {
    row: "T52",
    name: "a body is made anew for each attempt",
    patches: [
      {
        file: "src/domain/payload/makeBody.ts",
        find: "if (kept) return kept;",
        replace: "",
      },
      {
        file: "src/db/delivery/eventBodies.ts",
        find: "do update set format = b.format",
        replace: "do update set body = excluded.body",
      },
    ],
  },
  {
    row: "T46",
    name: "a backfill does not look at what the hook has got meanwhile",
    patches: [
      {
        file: "src/db/replay/backfills.ts",
        find: "where ${isWhole(tx)} and not (${hasDelivery(tx, projectId, hookId)})",
        replace: "where ${isWhole(tx)}",
      },
    ],
  },
];
