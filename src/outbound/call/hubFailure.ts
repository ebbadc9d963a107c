import { CallFailure } from "./callFailure.ts";

/** Resources that this process or machine may run out of. */
const shortages: Record<string, string> = {
  EMFILE: "this process is out of file descriptors: raise its limit (ulimit -n)",
  ENFILE: "the machine is out of file descriptors: raise fs.file-max",
  ENOBUFS: "the machine is out of network buffers",
  ENOMEM: "the machine is out of memory for connections",
  EADDRNOTAVAIL: "the machine is out of ports for connections to this address",
};

/**
 * The hub lacks a resource that a call needs. Nothing was sent; neither the target nor the call is
 * at fault.
 */
export class HubFailure extends CallFailure {}

/** The resource shortage that caused an error (or one of several errors); null if there is none. */
export function toHubFailure(error: unknown): HubFailure | null {
  if (error instanceof HubFailure) return error;
  if (error instanceof AggregateError) {
    return error.errors.map(toHubFailure).find((found) => found !== null) ?? null;
  }
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return null;
  // A machine without IPv6 has no source address. That is no temporary shortage.
  const isV6 = "address" in error && String(error.address).includes(":");
  if (error.code === "EADDRNOTAVAIL" && isV6) return null;
  const shortage = shortages[error.code];
  return shortage === undefined ? null : new HubFailure(`${shortage} (${error.code})`);
}
