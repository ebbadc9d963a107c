import { previewRuns } from "../../domain/schedule/upcomingRuns.ts";
import { builder } from "../builder/builder.ts";
import { payloadType, withUserErrors } from "../builder/errors.ts";

const SchedulePreview = payloadType<{ nextRuns: Date[] }>(
  "SchedulePreview",
  "The result of previewSchedule.",
  (t) => ({
    nextRuns: t.field({
      type: ["DateTime"],
      nullable: true,
      description: "When it would run the first three times.",
      resolve: ({ nextRuns }) => nextRuns,
    }),
  }),
);

builder.queryField("previewSchedule", (t) =>
  t.field({
    type: SchedulePreview,
    description: "When a schedule would run that is saved now. Nothing is stored. Errors: INVALID.",
    args: {
      cron: t.arg.string({ required: true, description: "As in ScheduleEventsInput." }),
      timeZone: t.arg.string({ defaultValue: "UTC", description: "As in ScheduleEventsInput." }),
    },
    resolve: (_root, { cron, timeZone }, { read }) =>
      withUserErrors(async () => ({
        nextRuns: await read((sql) => previewRuns(sql, cron, timeZone ?? "UTC")),
      })),
  }),
);
