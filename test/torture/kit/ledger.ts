import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One request as the ledger wrote it down. */
export type LedgerEntry = {
  at: number;
  path: string;
  /** `webhook-id`, `signalbox-attempt`, `webhook-timestamp`, `webhook-signature`. */
  id: string;
  attempt: number;
  timestamp: number;
  signature: string;
  /** What it was answered, when the sender lived to hear it; null: never. */
  status: number | null;
  body: string;
  /** How many requests to this path (and of its key, if `keyed`) were open, this one included. */
  open: number;
};

export type Ledger = AsyncDisposable & {
  url: string;
  /** Every request so far, in the order in which they were written down. */
  entries(): LedgerEntry[];
  /** Opens the `gate` of this path. */
  openGate(path: string): void;
};

/** Starts the ledger's process, on a file of its own, at an address of this machine. */
export async function startLedger(file: string, host = "127.0.0.1"): Promise<Ledger> {
  writeFileSync(file, "");
  const child = fork(join(import.meta.dirname, "ledgerProcess.ts"), [file, host]);
  const [{ port }] = await once(child, "message");
  return {
    url: `http://${host}:${port}`,
    entries: () =>
      readFileSync(file, "utf8")
        .split("\n")
        // The last line may be on its way.
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    openGate: (path) => void child.send({ open: path }),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
