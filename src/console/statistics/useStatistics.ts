import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";
import { usePolled } from "../live/usePolled.ts";
import type { Shown } from "./range.ts";

const StatisticsDocument = graphql(`
  query Statistics($hookId: ID, $type: String, $since: DateTime!, $until: DateTime) {
    statistics(hookId: $hookId, type: $type, since: $since, until: $until) {
      step since until
      total { accepted succeeded failed retried successShare latencyP50Ms latencyP95Ms }
      points {
        at accepted succeeded failed retried successShare latencyP50Ms latencyP95Ms
        answers { statusCode count }
      }
    }
  }
`);

export type Statistics = ResultOf<typeof StatisticsDocument>["statistics"];

/** What is counted: of the project when neither is given. */
export type Subject = { hookId?: string; type?: string };

const EVERY_MS = 10_000;

/** Statistics, polled while the page is visible. */
export function useStatistics({ hookId, type }: Subject, shown: Shown): Statistics | undefined {
  const variables = {
    hookId: hookId ?? null,
    type: type ?? null,
    since: shown.since.toISOString(),
    until: shown.name === null ? shown.until.toISOString() : null,
  };
  return usePolled(StatisticsDocument, variables, EVERY_MS)?.statistics;
}
