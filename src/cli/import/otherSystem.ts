import { HubError } from "../hub/hubError.ts";

const TIMEOUT_MS = 30_000;

/** Reads from the other system: a path below `--from`, with its query. */
export type Read = <Answer>(path: string, query?: Record<string, string>) => Promise<Answer>;

/** The HTTP API of another system. Reads only. Throws HubError. */
export function otherSystem(from: string, token: string): Read {
  const base = from.replace(/\/+$/, "");
  return async <Answer>(path: string, query: Record<string, string> = {}) => {
    const search = new URLSearchParams(query).toString();
    const url = `${base}${path}${search && `?${search}`}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, accept: "application/json" },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await response.text();
    } catch (cause) {
      throw new HubError(`${url} cannot be reached (--from): ${(cause as Error).message}`, {
        cause,
      });
    }
    if (!response.ok)
      throw new HubError(
        `${url} answered ${response.status}: ${text.slice(0, 200) || "nothing"} (--from, --token)`,
      );
    try {
      return JSON.parse(text) as Answer;
    } catch {
      throw new HubError(`${url} answered what is not JSON: is this the address of its API?`);
    }
  };
}
