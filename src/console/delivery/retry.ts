import { graphql } from "../gql/graphql.ts";
import { counted } from "../ui/counted.ts";
import type { DeliveryRow } from "./deliveryRow.ts";

export const RetryDocument = graphql(`
  mutation RetryDelivery($id: ID!) {
    retryDelivery(id: $id) {
      delivery { id status }
      userErrors { code message path }
    }
  }
`);

/**
 * A delivery in its first attempt cannot be retried, nor one that a paused hook has parked; of a workflow, only the
 * whole run can.
 */
export const mayRetry = ({ status, hook, run }: DeliveryRow): boolean =>
  run === null && status !== "PENDING" && (status !== "PARKED" || hook?.status === "ACTIVE");

/** The name that a delivery's target goes by. */
export const targetOf = ({ hook, run }: DeliveryRow): string =>
  hook?.name ?? hook?.url ?? run?.workflow.name ?? "";

/** "1 delivery", "14 deliveries". */
export const countOf = (count: number): string => counted(count, "delivery", "deliveries");
