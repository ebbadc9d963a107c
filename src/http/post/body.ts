import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../../graphql/gate/requestError.ts";
import type { Release, Shares } from "../../util/shares.ts";
import { limits } from "../gate/limits.ts";

/** A request's whole body; it counts among the bytes in flight until it is disposed of. */
type Body = Disposable & { bytes: Buffer };

const tooLarge = () =>
  requestError("REQUEST_TOO_LARGE", `The body may have at most ${limits.bodyBytes} bytes.`);
const incomplete = () => requestError("BAD_REQUEST", "The body is incomplete.");
const tooSlow = () =>
  requestError("BAD_REQUEST", `The body did not arrive within ${limits.bodyMs / 1_000} s.`);

/**
 * Reads and discards the rest of a body before a response that closes the connection. Otherwise a
 * client that sends everything before it reads would get a connection error instead of the
 * response.
 */
export async function discardBody(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.complete || req.destroyed || res.shouldKeepAlive) return;
  await receive(req, () => {}).catch(() => {});
}

/** Calls `onChunk` for each chunk of the body. Rejects if it throws. */
function receive(req: IncomingMessage, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail(tooSlow()), limits.bodyMs);
    const fail = (error: unknown) => {
      clearTimeout(late);
      req.off("data", take);
      reject(error);
    };
    const take = (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        fail(error);
      }
    };
    req.on("data", take);
    req.on("error", () => fail(incomplete()));
    req.on("end", () => {
      clearTimeout(late);
      resolve();
    });
  });
}

/**
 * Reads a body of at most 4 MiB. The declared length is taken from the holder's share before the
 * first byte is stored; without one, each chunk is. Throws REQUEST_TOO_LARGE, Overloaded, or
 * BAD_REQUEST if the body is incomplete or slow.
 */
export async function readBody(req: IncomingMessage, share: Shares, holder: string): Promise<Body> {
  const declared = req.headers["content-length"];
  if (Number(declared) > limits.bodyBytes) throw tooLarge();
  const releases: Release[] = declared === undefined ? [] : [share.take(holder, Number(declared))];
  const release = () => {
    for (const giveBack of releases) giveBack();
  };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    await receive(req, (chunk) => {
      size += chunk.length;
      if (size > limits.bodyBytes) throw tooLarge();
      if (declared === undefined) releases.push(share.take(holder, chunk.length));
      chunks.push(chunk);
    });
    return { bytes: Buffer.concat(chunks), [Symbol.dispose]: release };
  } catch (error) {
    release();
    throw error;
  }
}
