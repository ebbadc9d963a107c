import { graphql } from "../gql/graphql.ts";
import { usePolled } from "../live/usePolled.ts";

const OverviewDocument = graphql(`
  query Overview {
    overview {
      acceptedPerSecond deliveredPerSecond failingHooks oldestWaitingSeconds
      minutes(last: 60) { minute accepted delivered failed }
    }
  }
`);

const EVERY_MS = 5_000;

/** The overview, polled every few seconds while the page is visible. */
export const useOverview = () => usePolled(OverviewDocument, {}, EVERY_MS)?.overview;
