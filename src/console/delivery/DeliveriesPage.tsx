import { RotateCw } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { graphql } from "../gql/graphql.ts";
import { ReplayMatching } from "../hook/replay/ReplayMatching.tsx";
import { SavedViews } from "../kept/SavedViews.tsx";
import { useAddressFilter } from "../kept/useAddressFilter.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Button } from "../ui/Button.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Pager, usePlace } from "../ui/layout/Pager.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { RoleButton } from "../ui/role/RoleButton.tsx";
import { RoleNote } from "../ui/role/RoleNote.tsx";
import { ChosenDeliveries } from "./ChosenDeliveries.tsx";
import { DeliveryFilters } from "./DeliveryFilters.tsx";
import { type DeliveryFilter, filterOf, problemOf, variablesOf } from "./deliveryFilter.ts";
import { DeliveryRow } from "./deliveryRow.ts";

const DeliveriesDocument = graphql(
  `
  query Deliveries(
    $status: [DeliveryStatus!], $hookIds: [ID!], $types: [String!], $statusCodes: [Int!], $error: String,
    $search: String, $userId: String, $since: DateTime, $until: DateTime, $after: String
  ) {
    deliveries(
      status: $status, hookIds: $hookIds, types: $types, statusCodes: $statusCodes, error: $error,
      search: $search, userId: $userId, since: $since, until: $until, first: 25, after: $after
    ) {
      nodes { ...DeliveryRow }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [DeliveryRow],
);

/** Pages without a match after which the search waits until someone wants it to go on. */
const EMPTY_PAGES = 20;

type Skipped = { place: string; after: string | null; pages: number };

/** The deliveries of all hooks; failed ones by default. */
export function DeliveriesPage() {
  const { address, filter, change } = useAddressFilter(filterOf);
  const variables = useMemo(() => variablesOf(filter), [filter]);
  const problem = problemOf(filter);
  const place = usePlace(address);
  const [isReplaying, setIsReplaying] = useState(false);
  const placeName = `${address} ${place.after}`;
  const [last, setSkipped] = useState<Skipped>({ place: "", after: null, pages: 0 });
  const skipped =
    last.place === placeName ? last : { place: placeName, after: place.after, pages: 0 };
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveriesDocument,
    { ...variables, after: skipped.after },
    (changed) =>
      changed.__typename === "Delivery" &&
      (variables.hookIds === null || variables.hookIds.includes(changed.hook?.id ?? "")),
  );
  const deliveries = data?.deliveries.nodes ?? [];
  const { hasNextPage = false, endCursor = null } = data?.deliveries.pageInfo ?? {};
  // A page covers a bounded number of deliveries, which may hold no match.
  const isShort = deliveries.length === 0 && hasNextPage;
  const goOn = () => setSkipped({ ...skipped, after: endCursor, pages: skipped.pages + 1 });
  const isGoingOn = isShort && skipped.pages % EMPTY_PAGES < EMPTY_PAGES - 1;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each page
  useEffect(() => {
    if (isGoingOn) goOn();
  }, [isGoingOn, endCursor]);
  const isEnded = filter.status !== "waiting" && filter.status !== "parked";
  return (
    <Page
      title="Deliveries"
      tools={
        <>
          <SavedViews page="deliveries" />
          {isEnded && (
            <RoleButton
              needs="OPERATOR"
              disabled={problem !== undefined}
              onClick={() => setIsReplaying(true)}
            >
              <RotateCw size={14} /> <span>Replay all that match</span>
            </RoleButton>
          )}
        </>
      }
    >
      <DeliveryFilters filter={filter} onChange={change} />
      {problem === undefined && (
        <>
          {(isLoading || isGoingOn) && <Loading />}
          {error && !data && <Failure error={error} onRetry={refresh} />}
          {isShort && !isGoingOn && (
            <Empty title="No matches so far.">
              <Button onClick={goOn}>Search further back</Button>
            </Empty>
          )}
          {data && deliveries.length === 0 && !hasNextPage && <Nothing filter={filter} />}
          {deliveries.length > 0 && <RoleNote needs="OPERATOR" what="Retrying a delivery" />}
          {data && <ChosenDeliveries key={address} deliveries={deliveries} />}
          {data && !isShort && <Pager place={place} pageInfo={data.deliveries.pageInfo} />}
        </>
      )}
      {isReplaying && (
        <ReplayMatching variables={variables} onClose={() => setIsReplaying(false)} />
      )}
    </Page>
  );
}

function Nothing({ filter: { status, ...filter } }: { filter: DeliveryFilter }) {
  if (status === "failed" && Object.values(filter).every((value) => value === ""))
    return (
      <Empty title="No failed deliveries.">
        Deliveries appear here when their last attempt has failed.
      </Empty>
    );
  return <Empty title="No matching deliveries." />;
}
