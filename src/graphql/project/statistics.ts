import {
  readStatistics,
  type StatisticsPoint as StatisticsPointShape,
  type Statistics as StatisticsShape,
} from "../../domain/statistics/statistics.ts";
import { builder } from "../builder/builder.ts";

/** What a point is in an answer: numbers, which no field weighs by itself. */
const POINT_BYTES = 400;

const StatisticsStep = builder.enumType("StatisticsStep", {
  description: "How long each point of statistics is.",
  values: {
    MINUTE: { description: "A minute: for up to 12 hours of the last two days." },
    HOUR: { description: "An hour, in UTC: for everything else." },
  },
});

const AnswerCount = builder
  .objectRef<StatisticsPointShape["answers"][number]>("AnswerCount")
  .implement({
    description: "How many attempts got an answer with this status code.",
    fields: (t) => ({
      statusCode: t.exposeInt("statusCode", {
        nullable: true,
        description: "The HTTP status code; null for attempts without an answer.",
      }),
      count: t.exposeInt("count", { description: "The number of attempts." }),
    }),
  });

const latency =
  "from the event's acceptance, or the time it was scheduled for, to the successful answer; of replays and backfills from the delivery's creation. In milliseconds, at most 9 % off; null if nothing succeeded.";

const StatisticsPoint = builder.objectRef<StatisticsPointShape>("StatisticsPoint").implement({
  description: "Counts of a minute, an hour or a whole range. Steps of workflows are not counted.",
  fields: (t) => ({
    at: t.expose("at", { type: "DateTime", description: "When it begins." }),
    accepted: t.exposeInt("accepted", {
      description: "Events accepted; of a hook: deliveries created.",
    }),
    succeeded: t.exposeInt("succeeded", { description: "Deliveries that succeeded." }),
    failed: t.exposeInt("failed", {
      description: "Deliveries that ended FAILED, GONE or QUARANTINED.",
    }),
    retried: t.exposeInt("retried", {
      description: "Failed attempts that are followed by another.",
    }),
    successShare: t.exposeFloat("successShare", {
      nullable: true,
      description: "The share of the ended deliveries that succeeded: 0 to 1; null if none ended.",
    }),
    latencyP50Ms: t.exposeFloat("latencyP50Ms", {
      nullable: true,
      description: `The median latency of successful deliveries: ${latency}`,
    }),
    latencyP95Ms: t.exposeFloat("latencyP95Ms", {
      nullable: true,
      description: `The 95th percentile of the latency of successful deliveries: ${latency}`,
    }),
    answers: t.expose("answers", {
      type: [AnswerCount],
      description: "Attempts by the status code of their answer, ascending.",
    }),
  }),
});

const Statistics = builder.objectRef<StatisticsShape>("Statistics").implement({
  description:
    "What happened over time. The counts are added up every 2 seconds, so reading them costs the same however many deliveries there are.",
  fields: (t) => ({
    step: t.expose("step", { type: StatisticsStep, description: "How long each point is." }),
    since: t.expose("since", { type: "DateTime", description: "When the first point begins." }),
    until: t.expose("until", { type: "DateTime", description: "When the last point ends." }),
    countedAt: t.expose("countedAt", {
      type: "DateTime",
      nullable: true,
      description: "The time of the newest change that is counted; null if nothing is.",
    }),
    total: t.expose("total", { type: StatisticsPoint, description: "The whole range as one." }),
    points: t.expose("points", {
      type: [StatisticsPoint],
      description: "One for each step, oldest first. Steps without activity are zeros.",
    }),
  }),
});

builder.queryField("statistics", (t) =>
  t.field({
    type: Statistics,
    description:
      "Statistics of the project, or of one hook or event type. Minutes are kept for two days, hours for 90. Errors: INVALID.",
    args: {
      hookId: t.arg.id({ description: "Only this hook. Not with `type`." }),
      type: t.arg.string({ description: "Only this exact event type. Not with `hookId`." }),
      since: t.arg({
        type: "DateTime",
        description: "The start, at most 90 days before `until`. Default: an hour before it.",
      }),
      until: t.arg({ type: "DateTime", description: "The end. Default: now." }),
    },
    resolve: async (_root, range, { caller, read, budget }) => {
      const statistics = await read((sql) => readStatistics(sql, caller.projectId, range));
      budget.spend("answerBytes", statistics.points.length * POINT_BYTES);
      return statistics;
    },
  }),
);
