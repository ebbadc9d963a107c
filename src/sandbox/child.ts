import module from "node:module";
import { Script } from "node:vm";
import { polyfill } from "../polyfill.ts";
import type { SerializedError, TaskRequest, TaskResult } from "./message.ts";

/**
 * The sandbox process runs one task at a time, one per message. The hub kills it when a task passes its deadline; V8
 * ends it when its heap passes the limit. Its environment is empty, so it holds none of the hub's secrets.
 */
const [cacheDir] = process.argv.slice(2);
if (cacheDir) module.enableCompileCache?.(cacheDir);
await polyfill();
const { programTasks } = await import("../domain/program/programTasks.ts");
const tasks: Record<string, (input: never) => unknown> = programTasks;

/** The hub ends a task sooner; this limit ends a task whose hub has died. */
const MAX_MS = 30_000;
let task = (): unknown => undefined;
Object.assign(globalThis, { runTask: () => task() });
/** The timeout of `runInThisContext` covers everything called from this script, regular expressions included. */
const bounded = new Script("runTask()");

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const serializeError = (error: unknown): SerializedError =>
  error instanceof Error
    ? { entries: "entries" in error ? error.entries : undefined, ...plainError(error) }
    : { name: "Error", message: String(error) };

const plainError = ({ name, message, stack }: Error) => ({
  name,
  message,
  ...(stack && { stack }),
});

function execute({ name, input }: TaskRequest): TaskResult {
  const before = cpuMs();
  try {
    task = () => tasks[name]?.(input as never);
    const result = bounded.runInThisContext({ timeout: MAX_MS });
    return { result, cpuMs: cpuMs() - before };
  } catch (error) {
    return { thrown: serializeError(error), cpuMs: cpuMs() - before };
  }
}

process.on("message", (request: TaskRequest) => {
  process.send?.(execute(request));
});
// Ctrl-C reaches this process, too, but only the hub ends it: the hub knows what a running task is for.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
// The hub has ended.
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
