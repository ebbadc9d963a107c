import { z } from "zod";
import { attemptsOf, type DeliveryRow, deliveriesById } from "../../db/delivery/deliveries.ts";
import { listDeliveries } from "../../db/page/lists.ts";
import type { Page } from "../../db/page/page.ts";
import { retryDelivery } from "../../domain/delivery/deliveryRetry.ts";
import type { Context } from "../../graphql/builder/context.ts";
import { isId } from "../../util/ids.ts";
import { userError } from "../../util/userError.ts";
import { dateTime } from "../input/time.ts";
import { component, listOf } from "./answers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { deliveryStatus, pageBody, pageOf, pageQuery, texts } from "./query.ts";
import { attemptShown, deliveryShown } from "./shown/delivery.ts";

async function findDelivery({ caller, read }: Context, id: string): Promise<DeliveryRow> {
  const [found] = isId(id) ? await read((sql) => deliveriesById(sql, caller.projectId, [id])) : [];
  if (!found) throw userError("NOT_FOUND", `no delivery ${id}`, ["id"]);
  return found;
}

const query = z.strictObject({
  ...pageQuery,
  hookId: z.string().max(1_000).optional(),
  hookIds: texts.optional(),
  eventId: z.string().max(1_000).optional(),
  types: texts.optional(),
  userId: z.string().max(1_000).optional(),
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Of events with this text in the name, type or data; case-insensitive."),
  status: z.array(deliveryStatus).max(100).optional(),
  statusCodes: z
    .array(z.int().min(100).max(599))
    .max(100)
    .optional()
    .describe("The last attempt was answered by one of these."),
  error: z
    .string()
    .max(200)
    .optional()
    .describe("The last attempt's error contains this; case-insensitive."),
  since: dateTime.optional().describe("Created at this time or later."),
  until: dateTime.optional().describe("Created before this time."),
});

async function listOfDeliveries(
  { caller, read }: Context,
  asked: z.output<typeof query>,
): Promise<Page<DeliveryRow>> {
  const page = pageOf(asked);
  // An ill-formed id matches nothing.
  if ([asked.hookId, asked.eventId].some((id) => id !== undefined && !isId(id)))
    return { rows: [], hasNext: false, hasPrevious: false };
  const filter = { ...asked, hookIds: asked.hookIds?.filter(isId) };
  return read((sql) => listDeliveries(sql, caller.projectId, filter, page));
}

export const deliveryEndpoints: Endpoint[] = [
  endpoint({
    method: "GET",
    path: "/v1/deliveries",
    operation: "Query.deliveries",
    summary: "The project's deliveries, newest first.",
    query,
    answer: listOf("Delivery"),
    async handle({ context, asked }) {
      const page = await listOfDeliveries(context, asked);
      return { body: await pageBody(page, (rows) => rows.map(deliveryShown)) };
    },
  }),
  endpoint({
    method: "GET",
    path: "/v1/deliveries/{id}",
    operation: "Query.delivery",
    summary: "The delivery with this id, with its attempts in order.",
    answer: {
      allOf: [
        component("Delivery"),
        {
          type: "object",
          required: ["attempts"],
          properties: { attempts: { type: "array", items: component("Attempt") } },
        },
      ],
    },
    async handle({ context, params: { id = "" } }) {
      const delivery = await findDelivery(context, id);
      const { caller, read } = context;
      const attempts = await read((sql) => attemptsOf(sql, caller.projectId, [delivery.id]));
      return { body: { ...deliveryShown(delivery), attempts: attempts.map(attemptShown) } };
    },
  }),
  endpoint({
    method: "POST",
    path: "/v1/deliveries/{id}/retry",
    operation: "Mutation.retryDelivery",
    summary:
      "Retries a delivery now. One that ended without success is opened again; a SUCCEEDED one is sent as a new delivery, which is the answer.",
    answer: component("Delivery"),
    async handle({ context: { caller, hub }, params: { id = "" } }) {
      const delivery = await retryDelivery(hub.db.sql, caller.projectId, id);
      return { body: deliveryShown(delivery) };
    },
  }),
];
