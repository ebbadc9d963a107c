import { startCanary } from "./canary.ts";

/** A canary on the port it is given; says how many have come whenever it is asked. */
const canary = await startCanary({ port: Number(process.argv[2]) });
process.on("message", () => process.send?.({ count: canary.connections() }));
process.on("disconnect", () => process.exit());
