import { pad } from "../operations.ts";

/** The jobs' content: as much as the hub's events have. */
export const payload = { type: "bench.deliver", data: { pad } };
export const BATCH = 500;
/** Jobs at once. */
export const CONCURRENCY = 64;

/** One delivery, the naive way. */
export async function deliver(url: string, body: unknown): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}`);
  await response.arrayBuffer();
}
