import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { literalAddress, portOf } from "../../domain/hook/target.ts";
import type { AddressGuard } from "../address/addressGuard.ts";
import { lookup } from "../address/lookup.ts";
import type { Resolver } from "../address/resolver.ts";
import { CallFailure, toDnsFailure, toFailure, toTlsFailure } from "./callFailure.ts";
import { toHubFailure } from "./hubFailure.ts";

/**
 * How long one of several addresses has before the next is tried. Node.js's own 250 ms is less than the way to the
 * other side of the world takes, or a busy moment here: a good address was given up for one that had no route.
 */
const attemptMs = 1_500;

const refusal = () => new CallFailure("address not allowed", "REFUSED");
const resetAtOnce = () =>
  new CallFailure("connection closed: reset before the answer was complete");

/**
 * Opens a socket to a URL's host, TLS included, to allowed addresses only: all of the host's are judged before,
 * and the connected one again before a byte is written. `holder`, such as a project, asks for the name. Rejects with
 * a `CallFailure`, a `HubFailure` among them, or as soon as `signal` aborts with its reason: undici's own connector
 * knows nothing of a request's deadline.
 */
export async function connect(
  guard: AddressGuard,
  resolver: Resolver,
  url: URL,
  signal: AbortSignal,
  holder?: string,
): Promise<Socket> {
  const addresses = await settle(
    lookup(guard, resolver, url, { holder, signal }).catch((error) => {
      if (signal.aborted) throw signal.reason;
      throw toHubFailure(error) ?? toDnsFailure(error);
    }),
    signal,
  );
  const port = portOf(url);
  if (addresses.length === 0) throw new CallFailure("dns error: the name has no address");
  // One refused address condemns the name: its owner could choose which of them is dialled.
  if (!addresses.every((ip) => guard.allows(ip, port))) throw refusal();

  const host = hostOf(url);
  const socket = connectTcp({
    host,
    port,
    lookup: answer(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    noDelay: true,
  });
  await opened(socket, "connect", toFailure, signal);
  const { remoteAddress } = socket;
  if (remoteAddress === undefined || !guard.allows(remoteAddress, port)) {
    socket.destroy();
    // One that was reset meanwhile has no address any more; the judged ones were all there was to connect to.
    throw remoteAddress === undefined ? resetAtOnce() : refusal();
  }
  if (url.protocol !== "https:") return socket;

  const secure = connectTls({
    socket,
    host,
    // A server name is never an address; certificates for addresses are checked against `host`.
    ...(literalAddress(url) === null ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    // Said, for NODE_TLS_REJECT_UNAUTHORIZED would change the default.
    rejectUnauthorized: true,
  });
  await opened(secure, "secureConnect", toTlsFailure, signal);
  return secure;
}

const hostOf = (url: URL) => literalAddress(url) ?? url.hostname;

/** Answers `net.connect` with the judged addresses, so that no second resolution can differ. */
const answer =
  (addresses: string[]): LookupFunction =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );

/** Waits for the socket's event; on an error or an abort the socket is destroyed. */
async function opened(
  socket: Socket,
  event: "connect" | "secureConnect",
  toReason: (error: Error) => CallFailure,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The listener stays: an error nobody hears ends the process.
  socket
    .once(event, resolve)
    .on("error", (error) => reject(toHubFailure(error) ?? toReason(error)));
  try {
    await settle(promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** `promise`, or a rejection with the signal's reason when that comes first. */
async function settle<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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
