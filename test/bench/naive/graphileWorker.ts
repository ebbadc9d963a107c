import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { concurrently } from "../measure.ts";
import { BATCH, CONCURRENCY, deliver, payload } from "./deliver.ts";

/** A naive pair of the bench, a process of its own: `node graphileWorker.ts DATABASE_URL TARGET`. */
const [connectionString = "", target = ""] = process.argv.slice(2);
// It would log each job.
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString, logger });
await utils.migrate();
await run({
  connectionString,
  logger,
  concurrency: CONCURRENCY,
  pollInterval: 500,
  noHandleSignals: true,
  taskList: { deliver: (body) => deliver(target, body) },
});
process.on("message", ({ jobs }: { jobs: number }) => {
  const batch = Array.from({ length: BATCH }, () => ({ identifier: "deliver", payload }));
  void concurrently(jobs / BATCH, 2, () => utils.addJobs(batch));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
