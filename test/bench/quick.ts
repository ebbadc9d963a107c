import { startReceiver } from "./receiverProcess.ts";
import { arrival } from "./table/arrival.ts";
import { crowd } from "./table/crowd.ts";
import { life } from "./table/life.ts";
import { load } from "./table/load.ts";

const all = new Map(Object.entries({ load, crowd, life, arrival }));
using target = await startReceiver();
const [which = "load", home, scale = "0.3"] = process.argv.slice(2);
const bench = { target, raw: 10000, scale: Number(scale) };
for (const name of which.split(",")) {
  const rows = (await all.get(name)?.measure(bench, home && home !== "-" ? { home } : {})) ?? [];
  for (const { what, value } of rows)
    console.log(what.padEnd(60), typeof value === "number" ? value.toFixed(2) : value);
}
process.exit(0);
