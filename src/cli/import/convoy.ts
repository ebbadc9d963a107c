import type { Found, FoundEndpoint } from "./found.ts";
import type { Read } from "./otherSystem.ts";

type Page<Row> = {
  data: {
    content: Row[] | null;
    pagination?: { has_next_page?: boolean; next_page_cursor?: string };
  };
};
type Endpoint = {
  uid: string;
  url: string;
  owner_id?: string;
  status?: string;
  secrets?: { value: string; expires_at?: string | null }[] | null;
  rate_limit?: number;
  /** Seconds. */
  rate_limit_duration?: number;
  http_timeout?: number;
  authentication?: {
    type?: string;
    api_key?: { header_name?: string; header_value?: string } | null;
  } | null;
};
type Subscription = {
  endpoint_metadata?: { uid?: string } | null;
  function?: string | null;
  filter_config?: {
    event_types?: string[] | null;
    filter?: Record<string, unknown> | null;
  } | null;
};
type EventType = { name: string; description?: string; json_schema?: unknown };

/** Event types and endpoints of a Convoy project; `--from` is its address: `https://HOST/api/v1/projects/ID`. */
export async function readConvoy(read: Read): Promise<Found> {
  const types = await read<{ data: EventType[] | null }>("/event-types");
  const subscriptions = await all<Subscription>(read, "/subscriptions");
  const endpoints = await all<Endpoint>(read, "/endpoints");
  return {
    types: (types.data ?? [])
      .filter(({ name }) => name !== "*")
      .map(({ name, description, json_schema }) => ({
        name,
        description: description || null,
        schema: isEmpty(json_schema) ? null : json_schema,
      })),
    endpoints: endpoints.map((endpoint) =>
      endpointOf(
        endpoint,
        subscriptions.filter(({ endpoint_metadata }) => endpoint_metadata?.uid === endpoint.uid),
      ),
    ),
  };
}

function endpointOf(endpoint: Endpoint, subscriptions: Subscription[]): FoundEndpoint {
  const { rate_limit = 0, rate_limit_duration = 0, http_timeout = 0 } = endpoint;
  const { type, api_key } = endpoint.authentication ?? {};
  const { header_name, header_value } = api_key ?? {};
  const types = subscriptions.flatMap(({ filter_config }) => filter_config?.event_types ?? ["*"]);
  const filters = subscriptions.filter(({ filter_config }) =>
    ["body", "headers", "query", "path"].some((part) => !isEmpty(filter_config?.filter?.[part])),
  );
  const live = endpoint.secrets?.filter(({ expires_at }) => !expires_at) ?? [];
  return {
    id: endpoint.uid,
    url: endpoint.url,
    types: [...new Set(types)],
    userId: endpoint.owner_id || null,
    secret: live.at(-1)?.value ?? null,
    headers: header_name && header_value ? { [header_name]: header_value } : {},
    rateLimitPerSecond:
      rate_limit > 0 && rate_limit_duration > 0
        ? Math.ceil(rate_limit / rate_limit_duration)
        : null,
    timeoutMs: http_timeout > 0 ? http_timeout * 1_000 : null,
    isDisabled: endpoint.status !== undefined && endpoint.status !== "active",
    lost: [
      ...(filters.length > 0 ? ["the filter of a subscription"] : []),
      ...(subscriptions.some((one) => one.function) ? ["the function of a subscription"] : []),
      ...(type && type !== "api_key" ? [`authentication by ${type}`] : []),
    ],
  };
}

const isEmpty = (value: unknown) =>
  value == null || (typeof value === "object" && Object.keys(value).length === 0);

async function all<Row>(read: Read, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const { data }: Page<Row> = await read(path, {
      perPage: "100",
      ...(cursor !== undefined && { next_page_cursor: cursor, direction: "next" }),
    });
    rows.push(...(data.content ?? []));
    cursor = data.pagination?.next_page_cursor;
    if (!data.pagination?.has_next_page || !cursor) return rows;
  }
}
