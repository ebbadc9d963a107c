import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Failure, Loading } from "../ui/Notice.tsx";
import { AttemptItem } from "./attempt/AttemptItem.tsx";
import { AttemptTools } from "./attempt/AttemptTools.tsx";
import { BodyText } from "./BodyText.tsx";
import "./DeliveryDetail.css";

const DeliveryDocument = graphql(`
  query Delivery($id: ID!) {
    delivery(id: $id) {
      id requestBody orderKey
      hook { id url }
      run { id }
      waitsFor { id event { id type } }
      attempts {
        id number startedAt elapsedMs outcome statusCode error remoteAddress
        requestHeaders responseHeaders responseBody responseTruncated
      }
    }
  }
`);

type Props = {
  id: string;
  /** On its own page: the attempt that the page's address names. */
  attempt?: number | undefined;
  isPage?: boolean;
};

/** The attempts of a delivery, newest first, and its request body. The newest is open if it failed. */
export function DeliveryDetail({ id, attempt: named, isPage = false }: Props) {
  const { data, error, isLoading, refresh } = useLiveQuery(
    DeliveryDocument,
    { id },
    (changed) => changed.id === id,
  );
  if (isLoading) return <Loading rows={2} />;
  if (error && !data) return <Failure error={error} onRetry={refresh} />;
  const delivery = data?.delivery;
  if (!delivery)
    return <p className="delivery-detail soft">No longer available: removed by retention.</p>;
  const { attempts, requestBody, hook, run } = delivery;
  const of = { id, requestBody, url: run === null ? (hook?.url ?? null) : null };
  const isOpen = ({ number, outcome }: { number: number; outcome: string }) =>
    named === undefined
      ? number === attempts.at(-1)?.number && outcome !== "SUCCESS"
      : number === named;
  return (
    <div className={isPage ? "delivery-detail delivery-detail-page" : "delivery-detail"}>
      {!isPage && <Link to={`/deliveries/${id}`}>Page of this delivery</Link>}
      {named !== undefined && !attempts.some(({ number }) => number === named) && (
        <p className="soft">This delivery has no attempt {named}.</p>
      )}
      {delivery.orderKey !== null && (
        <p className="soft">
          Order key <code>{delivery.orderKey}</code>
          {delivery.waitsFor && (
            <>
              {": waits for "}
              <Link to={`/events/${delivery.waitsFor.event.id}`}>
                {delivery.waitsFor.event.type}
              </Link>
            </>
          )}
        </p>
      )}
      {attempts.length === 0 && <p className="soft">No attempts yet.</p>}
      <ol className="attempts">
        {attempts.toReversed().map((attempt) => (
          <AttemptItem
            key={attempt.id}
            attempt={attempt}
            isFirstOpen={isOpen(attempt)}
            tools={
              <AttemptTools
                attempt={attempt}
                previous={attempts.findLast(({ number }) => number < attempt.number)}
                of={of}
              />
            }
          />
        ))}
      </ol>
      <BodyText title="Request body (the same in every attempt)" text={requestBody} />
    </div>
  );
}
