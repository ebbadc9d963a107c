import type { Json } from "../gql/graphql.ts";

type Templates = { url: string; headers: Json; body: Json };

/** The names of the earlier steps whose answers a step's templates read, as far as they are shown: headers are not. */
export function stepsReadBy(
  step: Templates,
  earlier: readonly { id: string; name: string }[],
): string[] {
  const text = JSON.stringify([step.url, step.headers, step.body]);
  const ids = new Set([...text.matchAll(/\bsteps\.([\w-]+)/g)].map(([, id = ""]) => id));
  return earlier.filter(({ id }) => ids.has(id)).map(({ name }) => name);
}
