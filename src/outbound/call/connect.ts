import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { portOf } from "../../domain/hook/target.ts";
import type { AddressGuard } from "../address/addressGuard.ts";
import { lookup } from "../address/lookup.ts";
import type { Resolver } from "../address/resolver.ts";
import type { ProxyFor } from "../proxy/egressProxy.ts";
import { openTunnel } from "../proxy/tunnel.ts";
import { CallFailure, toDnsFailure } from "./callFailure.ts";
import { toHubFailure } from "./hubFailure.ts";
import { openTcp, openTls } from "./openSocket.ts";
import { abortable } from "./socketEvents.ts";

/** A socket, and the address of the target that it leads to. */
export type Connected = { socket: Socket; address: string };

/** What connections are opened with. */
type Network = { guard: AddressGuard; resolver: Resolver; proxyFor: ProxyFor };

const notAllowed = () => new CallFailure("address not allowed", "REFUSED");
const resetAtOnce = () =>
  new CallFailure("connection closed: reset before the answer was complete");

/**
 * Opens a socket to a URL's host, including TLS, to allowed addresses only. All addresses of the
 * host are checked before connecting, and the connected one again before a byte is written.
 * `holder`, such as a project, is charged for the lookup. Rejects with a `CallFailure` (possibly a
 * `HubFailure`), or with the reason of `signal` as soon as it aborts: undici's own connector
 * ignores a request's deadline.
 */
export async function connect(
  { guard, resolver, proxyFor }: Network,
  url: URL,
  signal: AbortSignal,
  { holder, context }: { holder?: string | undefined; context?: SecureContext | undefined } = {},
): Promise<Connected> {
  const addresses = await abortable(
    lookup(guard, resolver, url, { holder, signal }).catch((error) => {
      if (signal.aborted) throw signal.reason;
      throw toHubFailure(error) ?? toDnsFailure(error);
    }),
    signal,
  );
  const port = portOf(url);
  if (addresses.length === 0) throw new CallFailure("dns error: the name has no address");
  // One forbidden address rejects the name, because its owner could choose which address is
  // connected.
  if (!addresses.every((ip) => guard.allows(ip, port))) throw notAllowed();

  const proxy = proxyFor(url);
  const { socket, address } = proxy
    ? await openTunnel(guard, resolver, proxy, { addresses, port }, signal)
    : await openDirectly(guard, url, addresses, signal);
  if (url.protocol !== "https:") return { socket, address };
  return { socket: await openTls(socket, url, signal, context), address };
}

async function openDirectly(
  guard: AddressGuard,
  url: URL,
  addresses: string[],
  signal: AbortSignal,
): Promise<Connected> {
  const socket = await openTcp(url, addresses, signal);
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined && guard.allows(remoteAddress, portOf(url)))
    return { socket, address: remoteAddress };
  socket.destroy();
  // A socket that was reset meanwhile has no address. It can only have connected to a checked one.
  throw remoteAddress === undefined ? resetAtOnce() : notAllowed();
}
