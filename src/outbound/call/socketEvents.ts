import type { Socket } from "node:net";
import type { CallFailure } from "./callFailure.ts";
import { toHubFailure } from "./hubFailure.ts";

/** Waits for the socket's event. Destroys the socket on an error or abort. */
export async function waitForSocket(
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
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
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
