import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { LedgerEntry } from "./ledger.ts";

/**
 * The ledger: a receiver in a process of its own, which writes each request to a file, and the file to the disk, before
 * it answers. The second part of a path says how it is answered, see `answers`.
 */
const file = openSync(process.argv[2] ?? "", "a");
const seen = new Map<string, number>();
let waiting: { entry: LedgerEntry; answer: () => void }[] = [];

/** Several requests share one write to the disk. */
function record(entry: LedgerEntry, answer: () => void) {
  if (waiting.push({ entry, answer }) > 1) return;
  setImmediate(() => {
    const batch = waiting;
    waiting = [];
    writeSync(file, batch.map((one) => `${JSON.stringify(one.entry)}\n`).join(""));
    fdatasyncSync(file);
    for (const one of batch) one.answer();
  });
}

type Answer = { status: number | null; afterMs?: number; headers?: Record<string, string> };

/** `time` counts the requests of this id to this path, from 1. */
const answers: Record<string, (argument: string, time: number, path: string) => Answer> = {
  ok: () => ({ status: 200 }),
  /** Each call needs a connection of its own. */
  close: () => ({ status: 200, headers: { connection: "close" } }),
  slow: (ms) => ({ status: 200, afterMs: Number(ms) }),
  status: (code) => ({ status: Number(code) }),
  /** The first try of every `n`th fails. */
  flaky: (n, time) => ({ status: time === 1 && counted++ % Number(n) === 0 ? 500 : 200 }),
  hang: () => ({ status: null }),
  /** Never answers the first, answers all later ones. */
  hangFirst: (_, time) => ({ status: time === 1 ? null : 200 }),
  /** Fails the first, so many milliseconds later; takes all others. */
  failFirst: (ms, time) => (time === 1 ? { status: 500, afterMs: Number(ms) } : { status: 200 }),
  /** Takes the first, so many milliseconds later; fails all others. */
  okFirst: (ms, time) => (time === 1 ? { status: 200, afterMs: Number(ms) } : { status: 500 }),
  /** The first try of every `n`th fails; each takes a moment. Requests with one `key` in their bodies are counted as open together. */
  keyed: (n, time) => ({
    status: time === 1 && counted++ % Number(n) === 0 ? 500 : 200,
    afterMs: 10,
  }),
  /** Never answers until it is opened; then takes all, each in so many milliseconds. */
  gate: (ms, _, path) =>
    opened.has(path) ? { status: 200, afterMs: Number(ms) } : { status: null },
  /** `<status>.<place, base64url>` */
  redirect: (to) => {
    const [status, place = ""] = to.split(".");
    const location = Buffer.from(place, "base64url").toString();
    return { status: Number(status), headers: { location } };
  },
};
let counted = 0;
const opened = new Set<string>();
/** Requests that are neither answered nor broken off, by path, or by path and key. */
const openAt = new Map<string, number>();

function receive(request: IncomingMessage, response: ServerResponse, body: string) {
  const path = request.url ?? "";
  const [, , behaviour = "ok", argument = ""] = path.split("/");
  const id = String(request.headers["webhook-id"] ?? "");
  const key = `${path} ${id}`;
  const time = (seen.get(key) ?? 0) + 1;
  seen.set(key, time);
  const {
    status,
    afterMs = 0,
    headers,
  } = (answers[behaviour] ?? answers.ok)?.(argument, time, path) ?? {
    status: 200,
  };
  const group = behaviour === "keyed" ? `${path} ${JSON.parse(body).key}` : path;
  const open = (openAt.get(group) ?? 0) + 1;
  openAt.set(group, open);
  let isOver = false;
  const leave = () => {
    if (!isOver) openAt.set(group, (openAt.get(group) ?? 0) - 1);
    isOver = true;
  };
  response.on("close", leave);
  const entry: LedgerEntry = {
    at: Date.now(),
    path,
    id,
    attempt: Number(request.headers["signalbox-attempt"] ?? 0),
    timestamp: Number(request.headers["webhook-timestamp"]),
    signature: String(request.headers["webhook-signature"] ?? ""),
    status,
    body,
    open,
  };
  record(entry, () => {
    if (status === null) return;
    setTimeout(() => {
      leave();
      response.writeHead(status, headers).end("noted");
    }, afterMs);
  });
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => receive(request, response, Buffer.concat(chunks).toString()));
});
process.on("message", ({ open }: { open: string }) => opened.add(open));
process.on("disconnect", () => process.exit());
server.listen(0, process.argv[3], () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
