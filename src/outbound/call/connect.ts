import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { literalAddress, portOf } from "../../domain/hook/target.ts";
import type { AddressGuard } from "../address/addressGuard.ts";
import { lookup } from "../address/lookup.ts";
import type { Resolver } from "../address/resolver.ts";
import { CallFailure, toDnsFailure, toFailure, toTlsFailure } from "./callFailure.ts";
import { toHubFailure } from "./hubFailure.ts";

/**
 * Time for one of several addresses before the next is tried. Node.js's default of 250 ms is
 * shorter than a round trip around the world or a busy moment here: a good address was given up for
 * one without a route.
 */
const attemptMs = 1_500;

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
  guard: AddressGuard,
  resolver: Resolver,
  url: URL,
  signal: AbortSignal,
  holder?: string,
): Promise<Socket> {
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

  const host = hostOf(url);
  const socket = connectTcp({
    host,
    port,
    lookup: lookupOf(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    noDelay: true,
  });
  await waitForSocket(socket, "connect", toFailure, signal);
  const { remoteAddress } = socket;
  if (remoteAddress === undefined || !guard.allows(remoteAddress, port)) {
    socket.destroy();
    // A socket that was reset meanwhile has no address. It can only have connected to a checked
    // one.
    throw remoteAddress === undefined ? resetAtOnce() : notAllowed();
  }
  if (url.protocol !== "https:") return socket;

  const secure = connectTls({
    socket,
    host,
    // A server name must not be an address. Certificates for addresses are checked against `host`.
    ...(literalAddress(url) === null ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED changes the default.
    rejectUnauthorized: true,
  });
  await waitForSocket(secure, "secureConnect", toTlsFailure, signal);
  return secure;
}

const hostOf = (url: URL) => literalAddress(url) ?? url.hostname;

/** Gives `net.connect` the checked addresses, so that no second resolution can differ. */
const lookupOf =
  (addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );

/** Waits for the socket's event. Destroys the socket on an error or abort. */
async function waitForSocket(
  socket: Socket,
  event: "connect" | "secureConnect",
  toReason: (error: Error) => CallFailure,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The listener stays: an unhandled error event would end the process.
  socket
    .once(event, resolve)
    .on("error", (error) => reject(toHubFailure(error) ?? toReason(error)));
  try {
    await abortable(promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Awaits `promise`, or rejects with the signal's reason if it aborts first. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
