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

/** How the project is doing, asked every few seconds while it is looked at. */
export const useOverview = () => usePolled(OverviewDocument, {}, EVERY_MS)?.overview;
