import type { ResultOf } from "gql.tada";
import { graphql } from "../gql/graphql.ts";
import { useTypedQuery } from "../live/useTypedQuery.ts";

const PreviewDocument = graphql(`
  query PreviewSchedule($cron: String!, $timeZone: String!) {
    previewSchedule(cron: $cron, timeZone: $timeZone) {
      nextRuns
      userErrors { code message path }
    }
  }
`);

type Preview = ResultOf<typeof PreviewDocument>["previewSchedule"];

/** When a schedule would run, or what is wrong with its times, as they are typed; null until both are there. */
export function useSchedulePreview(cron: string, timeZone: string): Preview | null {
  const isThere = cron.trim() !== "" && timeZone.trim() !== "";
  const { data } = useTypedQuery(PreviewDocument, isThere ? { cron, timeZone } : null);
  return isThere ? (data?.previewSchedule ?? null) : null;
}
