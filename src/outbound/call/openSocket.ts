import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import { literalAddress, portOf } from "../../domain/hook/target.ts";
import { toFailure, toTlsFailure } from "./callFailure.ts";
import { waitForSocket } from "./socketEvents.ts";

/**
 * Time for one of several addresses before the next is tried. Node.js's default of 250 ms is
 * shorter than a round trip around the world or a busy moment here: a good address was given up for
 * one without a route.
 */
const attemptMs = 1_500;

/** Opens a TCP connection to a URL's host at one of these addresses. */
export async function openTcp(url: URL, addresses: string[], signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({
    host: hostOf(url),
    port: portOf(url),
    lookup: lookupOf(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    noDelay: true,
  });
  await waitForSocket(socket, "connect", toFailure, signal);
  return socket;
}

/** Begins TLS with a URL's host. `context`: instead of the public authorities and no certificate. */
export async function openTls(
  socket: Socket,
  url: URL,
  signal: AbortSignal,
  context?: SecureContext,
): Promise<Socket> {
  const host = hostOf(url);
  const secure = connectTls({
    socket,
    host,
    // A server name must not be an address. Certificates for addresses are checked against `host`.
    ...(literalAddress(url) === null ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    // Explicit, because NODE_TLS_REJECT_UNAUTHORIZED changes the default.
    rejectUnauthorized: true,
    ...(context && { secureContext: context }),
  });
  await waitForSocket(secure, "secureConnect", toTlsFailure, signal);
  // An alert such as a refused client certificate leaves the socket open. undici would report the
  // end that follows instead of it.
  secure.once("error", (error) => secure.destroy(error));
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
