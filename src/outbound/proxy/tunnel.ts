import { request } from "node:http";
import { isIPv6, type Socket } from "node:net";
import type { AddressGuard } from "../address/addressGuard.ts";
import { lookup } from "../address/lookup.ts";
import type { Resolver } from "../address/resolver.ts";
import { CallFailure, codeOf, DeadlinePassed, toDnsFailure } from "../call/callFailure.ts";
import { HubFailure, toHubFailure } from "../call/hubFailure.ts";
import { openTcp, openTls } from "../call/openSocket.ts";
import { abortable } from "../call/socketEvents.ts";
import type { EgressProxy } from "./egressProxy.ts";

/** Time until the proxy itself is connected. A longer wait is the proxy's fault, not the target's. */
const proxyTimeoutMs = 3_000;

/** The proxy's answers that another address of the target may not get: it could not reach this one. */
const unreached = [502, 503, 504];

const reasons: Record<number, string> = {
  403: "it does not let the hub call this target",
  405: "it does not let the hub use CONNECT for this target",
  ...Object.fromEntries(unreached.map((status) => [status, "it could not reach the target"])),
};

/** The proxy refused one target. */
class TunnelRefused extends CallFailure {
  readonly status: number;

  constructor(status: number) {
    super(`proxy error: the egress proxy answered ${status} (${reasons[status] ?? "no tunnel"})`);
    this.status = status;
  }
}

/**
 * Connects to the proxy. When that fails, all calls fail in the same way, whatever their target: a HubFailure. The
 * operator has named the proxy, so the address guard does not judge it.
 */
async function reach(
  guard: AddressGuard,
  resolver: Resolver,
  { url }: EgressProxy,
  signal: AbortSignal,
): Promise<Socket> {
  const late = AbortSignal.timeout(proxyTimeoutMs);
  const either = AbortSignal.any([signal, late]);
  const fault = (why: string) =>
    new HubFailure(`the egress proxy ${url.host} cannot be reached (${why})`);
  try {
    const found = lookup(guard, resolver, url, { signal: either }).catch((error) => {
      throw either.aborted ? either.reason : (toHubFailure(error) ?? toDnsFailure(error));
    });
    const addresses = await abortable(found, either);
    const socket = await openTcp(url, addresses, either);
    return url.protocol === "https:" ? await openTls(socket, url, either) : socket;
  } catch (error) {
    if (error instanceof HubFailure || signal.aborted) throw error;
    if (late.aborted) throw fault(`no connection within ${proxyTimeoutMs} ms`);
    throw fault(error instanceof Error ? error.message : String(error));
  }
}

/** Asks the proxy for a tunnel to one address. Destroys the socket if there is none. */
async function ask(
  socket: Socket,
  { url, authorization }: EgressProxy,
  authority: string,
  signal: AbortSignal,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const asked = request({
    method: "CONNECT",
    path: authority,
    headers: { host: authority, ...(authorization && { "proxy-authorization": authorization }) },
    createConnection: () => socket,
  });
  asked.once("connect", ({ statusCode = 0 }, _socket, head) => {
    if (statusCode === 407)
      return reject(
        new HubFailure(
          `the egress proxy ${url.host} wants other credentials (407): check the user and password in its URL`,
        ),
      );
    if (statusCode < 200 || statusCode > 299) return reject(new TunnelRefused(statusCode));
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  asked.once("error", (error) => {
    const what = codeOf(error).startsWith("HPE_") ? "gave no answer that is HTTP" : "hung up";
    reject(new CallFailure(`proxy error: the egress proxy ${what} when asked for the target`));
  });
  asked.end();
  try {
    return await abortable(promise, signal);
  } catch (error) {
    socket.destroy();
    if (error instanceof DeadlinePassed)
      throw new DeadlinePassed("timeout: the egress proxy had no connection to the target in time");
    throw error;
  }
}

/**
 * Opens a tunnel through the proxy to the first of these addresses that it reaches. The proxy is told the address, not
 * the name: it would resolve the name again, perhaps to another address than the one that was judged.
 */
export async function openTunnel(
  guard: AddressGuard,
  resolver: Resolver,
  proxy: EgressProxy,
  target: { addresses: string[]; port: number },
  signal: AbortSignal,
): Promise<{ socket: Socket; address: string }> {
  let refused: unknown;
  for (const address of target.addresses) {
    const socket = await reach(guard, resolver, proxy, signal);
    const authority = `${isIPv6(address) ? `[${address}]` : address}:${target.port}`;
    try {
      return { socket: await ask(socket, proxy, authority, signal), address };
    } catch (error) {
      if (!(error instanceof TunnelRefused && unreached.includes(error.status))) throw error;
      refused ??= error;
    }
  }
  throw refused;
}
