import { Link } from "wouter";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { Failure, Loading } from "../ui/Notice.tsx";
import { AttemptItem } from "./AttemptItem.tsx";
import { BodyText } from "./BodyText.tsx";
import "./DeliveryDetail.css";

const DeliveryDocument = graphql(`
  query Delivery($id: ID!) {
    delivery(id: $id) {
      id requestBody orderKey
      waitsFor { id event { id type } }
      attempts {
        id number startedAt elapsedMs outcome statusCode error remoteAddress
        requestHeaders responseHeaders responseBody responseTruncated
      }
    }
  }
`);

/** The attempts of a delivery, newest first, and its request body. */
export function DeliveryDetail({ id }: { id: string }) {
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
  return (
    <div className="delivery-detail">
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
      {delivery.attempts.length === 0 && <p className="soft">No attempts yet.</p>}
      <ol className="attempts">
        {delivery.attempts.toReversed().map((attempt) => (
          <AttemptItem key={attempt.id} attempt={attempt} />
        ))}
      </ol>
      <BodyText title="Request body (the same in every attempt)" text={delivery.requestBody} />
    </div>
  );
}
