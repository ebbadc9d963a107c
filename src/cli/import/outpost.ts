import type { Found, FoundEndpoint } from "./found.ts";
import type { Read } from "./otherSystem.ts";

type Tenants = { models: { id: string }[]; pagination?: { next?: string | null } };
type Destination = {
  id: string;
  type: string;
  topics: string[] | string;
  disabled_at: string | null;
  filter?: Record<string, unknown> | null;
  config?: { url?: string; custom_headers?: string };
  credentials?: { secret?: string };
};

/** Topics and webhook destinations of an Outpost; `--from` is its API's address, such as `http://HOST:3333/api/v1`. */
export async function readOutpost(read: Read): Promise<Found> {
  const topics = await read<string[]>("/topics");
  const endpoints: FoundEndpoint[] = [];
  for (let next: string | null | undefined; ; ) {
    const page: Tenants = await read("/tenants", { limit: "100", ...(next && { next }) });
    for (const { id } of page.models) {
      const path = `/tenants/${encodeURIComponent(id)}/destinations`;
      const found = await read<Destination[]>(path, { type: "webhook" });
      endpoints.push(...found.map((destination) => endpointOf(id, destination)));
    }
    next = page.pagination?.next;
    if (!next) break;
  }
  const types = topics
    .filter((name) => name !== "*")
    .map((name) => ({ name, description: null, schema: null }));
  return { types, endpoints };
}

function endpointOf(tenant: string, destination: Destination): FoundEndpoint {
  const { topics, config = {}, credentials = {}, filter } = destination;
  return {
    id: destination.id,
    url: config.url ?? "",
    types: typeof topics === "string" ? [topics] : topics,
    userId: tenant,
    secret: credentials.secret ?? null,
    headers: JSON.parse(config.custom_headers || "{}"),
    rateLimitPerSecond: null,
    timeoutMs: null,
    isDisabled: destination.disabled_at !== null,
    lost: filter && Object.keys(filter).length > 0 ? ["its filter"] : [],
  };
}
