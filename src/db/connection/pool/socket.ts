import { connect, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as encrypt } from "node:tls";
import type { Address } from "../address.ts";

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
/** The server's answer if it accepts TLS. */
const WILLING = "S";

/** Waits for the event, or for the socket to end before it. */
const first = <Given>(socket: Socket, event: string, signal: AbortSignal) =>
  new Promise<Given>((resolve, reject) => {
    const settle = (end: () => void) => {
      socket.off(event, happened).off("error", failed).off("close", closed);
      signal.removeEventListener("abort", aborted);
      end();
    };
    const happened = (given: Given) => settle(() => resolve(given));
    const failed = (error: Error) => settle(() => reject(error));
    const closed = () =>
      failed(
        Object.assign(new Error("the server has closed the connection"), {
          code: "CONNECTION_CLOSED",
        }),
      );
    const aborted = () => settle(() => reject(signal.reason));
    socket.on(event, happened).on("error", failed).on("close", closed);
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });

async function isWilling(socket: Socket, signal: AbortSignal): Promise<boolean> {
  socket.write(SSL_REQUEST);
  // More than one byte would come from an attacker in between and be taken as the server's.
  return (await first<Buffer>(socket, "data", signal)).toString() === WILLING;
}

/** Encrypts the socket as the address requires. */
async function secured(socket: Socket, { tls, host }: Address, signal: AbortSignal) {
  if (tls.mode === "never") return socket;
  const isDirect = tls.mode === "always" && tls.negotiation === "direct";
  if (!isDirect && !(await isWilling(socket, signal))) {
    if (tls.mode === "if offered") return socket;
    throw Object.assign(new Error("it does not encrypt, and sslmode asks for it"), {
      code: "NO_TLS",
    });
  }
  const options: ConnectionOptions =
    tls.mode === "always" ? tls.options : { rejectUnauthorized: false };
  // The wrapping socket reports its errors.
  socket.on("error", () => {});
  const secure = encrypt({
    socket,
    ...(isIP(host) === 0 && { servername: host }),
    ...(isDirect && { ALPNProtocols: ["postgresql"] }),
    ...options,
  });
  await first(secure, "secureConnect", signal);
  return secure;
}

function deadline({ host, port, connectTimeoutS }: Address): AbortSignal {
  const late = new AbortController();
  if (connectTimeoutS > 0) {
    const error = new Error(`no connection to ${host}:${port} within ${connectTimeoutS} s`);
    const timer = setTimeout(
      () => late.abort(Object.assign(error, { code: "CONNECT_TIMEOUT" })),
      connectTimeoutS * 1_000,
    );
    timer.unref();
  }
  return late.signal;
}

/** Opens a socket to the server, encrypted as required and ready for the protocol. */
export async function openSocket(address: Address, ended: AbortSignal): Promise<Socket> {
  const { host, port } = address;
  const signal = AbortSignal.any([ended, deadline(address)]);
  const socket = connect({ host, port, noDelay: true });
  try {
    await first(socket, "connect", signal);
    // By these postgres.js names the server in its errors.
    return Object.assign(await secured(socket, address, signal), { host, port });
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  }
}
