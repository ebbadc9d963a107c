import type { Found, FoundEndpoint, FoundType } from "./found.ts";
import type { Read } from "./otherSystem.ts";

type Page<Row> = { data: Row[]; iterator: string | null; done: boolean };
type Application = { id: string; uid?: string | null };
type EventType = {
  name: string;
  description: string;
  /** By version. */
  schemas?: Record<string, unknown> | null;
};
/** Older and newer servers name two fields differently. */
type Endpoint = {
  id: string;
  url: string;
  filterTypes?: string[] | null;
  eventTypes?: string[] | null;
  rateLimit?: number | null;
  throttleRate?: number | null;
  channels?: string[] | null;
  disabled?: boolean;
};

/** Event types and endpoints of a Svix server; `--from` is its address. An application becomes a user. */
export async function readSvix(read: Read): Promise<Found> {
  const types = await all<EventType>(read, "/api/v1/event-type", { with_content: "true" });
  const endpoints: FoundEndpoint[] = [];
  for (const app of await all<Application>(read, "/api/v1/app")) {
    const path = `/api/v1/app/${encodeURIComponent(app.id)}/endpoint`;
    for (const one of await all<Endpoint>(read, path)) {
      const of = `${path}/${encodeURIComponent(one.id)}`;
      const { key } = await read<{ key: string }>(`${of}/secret`);
      const sent = await read<{ headers: Record<string, string>; sensitive: string[] }>(
        `${of}/headers`,
      );
      endpoints.push(endpointOf(app, one, key, sent));
    }
  }
  return { types: types.map(typeOf), endpoints };
}

function endpointOf(
  { id, uid }: Application,
  endpoint: Endpoint,
  key: string,
  { headers, sensitive }: { headers: Record<string, string>; sensitive: string[] },
): FoundEndpoint {
  const { channels, disabled = false } = endpoint;
  return {
    id: endpoint.id,
    url: endpoint.url,
    types: endpoint.filterTypes ?? endpoint.eventTypes ?? ["*"],
    userId: uid ?? id,
    secret: key,
    headers,
    rateLimitPerSecond: endpoint.rateLimit ?? endpoint.throttleRate ?? null,
    timeoutMs: null,
    isDisabled: disabled,
    lost: [
      ...(channels?.length ? [`channels ${channels.join(", ")}`] : []),
      ...(sensitive.length ? [`the values of the headers ${sensitive.join(", ")}`] : []),
    ],
  };
}

function typeOf({ name, description, schemas }: EventType): FoundType {
  const [newest] = Object.keys(schemas ?? {}).sort((a, b) => Number(b) - Number(a));
  return {
    name,
    description: description || null,
    schema: newest === undefined ? null : schemas?.[newest],
  };
}

async function all<Row>(read: Read, path: string, query = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for (let iterator: string | null = null; ; ) {
    const page: Page<Row> = await read(path, {
      ...query,
      limit: "100",
      ...(iterator !== null && { iterator }),
    });
    rows.push(...page.data);
    iterator = page.iterator ?? null;
    if (page.done || iterator === null) return rows;
  }
}
