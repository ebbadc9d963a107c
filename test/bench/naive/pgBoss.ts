import { PgBoss } from "pg-boss";
import { concurrently } from "../measure.ts";
import { BATCH, CONCURRENCY, deliver, payload } from "./deliver.ts";

/** A naive pair of the bench, a process of its own: `node pgBoss.ts DATABASE_URL TARGET`. */
const [connectionString = "", target = ""] = process.argv.slice(2);
const QUEUE = "deliver";
const boss = new PgBoss({ connectionString });
boss.on("error", (error) => {
  throw error;
});
await boss.start();
await boss.createQueue(QUEUE);
await boss.work(QUEUE, { batchSize: CONCURRENCY, pollingIntervalSeconds: 0.5 }, (jobs) =>
  Promise.all(jobs.map(({ data }) => deliver(target, data))),
);
process.on("message", ({ jobs }: { jobs: number }) => {
  const batch = Array.from({ length: BATCH }, () => ({ data: payload }));
  void concurrently(jobs / BATCH, 2, () => boss.insert(QUEUE, batch));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
