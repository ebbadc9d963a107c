import { createServer } from "node:http";

/**
 * The receiver of the bench, a process of its own: answers 200 to everything, and tells its parent what came. A body
 * that holds `sentAt` (nanoseconds of the machine's monotonic clock) gives a latency; each request gives the time since
 * the answer before it.
 */
let count = 0;
let latencies: number[] = [];
let gaps: number[] = [];
let answered: bigint | undefined;
let waiting: { until: number } | undefined;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const arrived = process.hrtime.bigint();
    if (answered !== undefined) gaps.push(Number(arrived - answered) / 1e6);
    response.end("ok");
    answered = process.hrtime.bigint();
    const sentAt = /"sentAt":"(\d+)"/.exec(Buffer.concat(chunks).toString())?.[1];
    if (sentAt) latencies.push(Number(arrived - BigInt(sentAt)) / 1e6);
    count++;
    if (waiting && count >= waiting.until) {
      waiting = undefined;
      process.send?.({ reached: count });
    }
  });
});

process.on(
  "message",
  (message: { reset?: true; until?: number; latencies?: true; gaps?: true }) => {
    if (message.reset) {
      count = 0;
      latencies = [];
      gaps = [];
      answered = undefined;
      process.send?.({ done: true });
    }
    if (message.until !== undefined) {
      if (count >= message.until) process.send?.({ reached: count });
      else waiting = { until: message.until };
    }
    if (message.latencies) process.send?.({ latencies });
    if (message.gaps) process.send?.({ gaps });
  },
);
process.on("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0 });
});
