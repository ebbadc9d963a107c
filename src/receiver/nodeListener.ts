import type { Incoming } from "./receive.ts";

/** What is read of node:http's request. */
type NodeRequest = AsyncIterable<Uint8Array | string> & {
  method?: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  readableEnded: boolean;
  destroyed: boolean;
};
/** What is written to node:http's response. */
type NodeResponse = {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
};

/** A request listener of node:http. */
export type NodeListener = (req: NodeRequest, res: NodeResponse) => void;

/** Answers requests of node:http as `answer` answers them. */
export const nodeListener =
  (answer: (incoming: Incoming) => Promise<Response>): NodeListener =>
  (req, res) => {
    answer({ method: req.method ?? "", headers: headersOf(req), body: bodyOf(req) })
      .then(async (response) => {
        const text = await response.text();
        const isCutOff = req.destroyed && !req.readableEnded;
        const headers = Object.fromEntries(response.headers);
        res.writeHead(response.status, { ...headers, ...(isCutOff && { connection: "close" }) });
        res.end(text);
      })
      // Somebody else has answered.
      .catch(console.error);
  };

function headersOf({ headers: given }: NodeRequest): Headers {
  const headers = new Headers();
  for (const [name, value = []] of Object.entries(given)) {
    // HTTP/2 has its own beside them, such as `:path`.
    if (name.startsWith(":")) continue;
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one);
  }
  return headers;
}

/** The stream, or what a parser before has left of it; undefined when that is not the bytes that came. */
function bodyOf(req: NodeRequest): Incoming["body"] {
  if (!req.readableEnded) return req;
  const { rawBody, body } = req as { rawBody?: unknown; body?: unknown };
  const parsed = rawBody ?? body;
  if (!(parsed instanceof Uint8Array || typeof parsed === "string")) return undefined;
  return (async function* () {
    yield parsed;
  })();
}
