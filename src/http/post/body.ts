import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../../graphql/gate/requestError.ts";
import type { Release, Shares } from "../../util/shares.ts";
import { limits } from "../gate/limits.ts";

/** A request's whole body; it counts among the bytes in flight until it is disposed of. */
type Body = Disposable & { bytes: Buffer };

const tooLarge = () =>
  requestError("REQUEST_TOO_LARGE", `The body may have at most ${limits.bodyBytes} bytes.`);
const brokeOff = () => requestError("BAD_REQUEST", "The body broke off.");
const tooSlow = () =>
  requestError("BAD_REQUEST", `The body did not arrive within ${limits.bodyMs / 1_000} s.`);

/**
 * Throws away what is still to come of a body before it is answered on a connection that then closes: a client that
 * sends all before it reads would find the connection broken, and no answer.
 */
export async function discardBody(req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.complete || req.destroyed || res.shouldKeepAlive) return;
  await receive(req, () => {}).catch(() => {});
}

/** Calls `onChunk` for each part of the body, until it throws. */
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
    req.on("error", () => fail(brokeOff()));
    req.on("end", () => {
      clearTimeout(late);
      resolve();
    });
  });
}

/**
 * Reads a body of at most 4 MiB. What it is said to hold is taken from the holder's share before the first byte is
 * kept; one of unknown length takes as it comes. Throws REQUEST_TOO_LARGE, Overloaded, and BAD_REQUEST when it breaks
 * off or is slow.
 */
export async function readBody(req: IncomingMessage, share: Shares, holder: string): Promise<Body> {
  const said = req.headers["content-length"];
  if (Number(said) > limits.bodyBytes) throw tooLarge();
  const releases: Release[] = said === undefined ? [] : [share.take(holder, Number(said))];
  const release = () => {
    for (const giveBack of releases) giveBack();
  };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    await receive(req, (chunk) => {
      size += chunk.length;
      if (size > limits.bodyBytes) throw tooLarge();
      if (said === undefined) releases.push(share.take(holder, chunk.length));
      chunks.push(chunk);
    });
    return { bytes: Buffer.concat(chunks), [Symbol.dispose]: release };
  } catch (error) {
    release();
    throw error;
  }
}
