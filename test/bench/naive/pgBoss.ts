import { PgBoss } from "pg-boss";
import { concurrently } from "../measure.ts";
import { BATCH, CONCURRENCY, deliver, payload } from "./deliver.ts";

/** A naive pair of the bench, a process of its own: `node pgBoss.ts DATABASE_URL TARGET`. */
const [connectionString = "", target = ""] = process.argv.slice(2);
const QUEUE = "deliver";
/** It looks for jobs every half second at most, so each look has to take many. */
const WORKERS = 4;
const AT_A_LOOK = 250;
const boss = new PgBoss({ connectionString });
boss.on("error", (error) => {
  throw error;
});
await boss.start();
await boss.createQueue(QUEUE);
for (let worker = 0; worker < WORKERS; worker++)
  await boss.work(QUEUE, { batchSize: AT_A_LOOK, pollingIntervalSeconds: 0.5 }, (jobs) =>
    concurrently(jobs.length, CONCURRENCY / WORKERS, (index) => deliver(target, jobs[index]?.data)),
  );
process.on("message", ({ jobs }: { jobs: number }) => {
  const batch = Array.from({ length: BATCH }, () => ({ data: payload }));
  void concurrently(jobs / BATCH, 2, () => boss.insert(QUEUE, batch));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
