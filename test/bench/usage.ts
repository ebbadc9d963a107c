import { readdir, readFile } from "node:fs/promises";

/** Processor time, also of its children that have ended, and memory. */
export type Usage = { seconds: number; rssMiB: number };

const TICKS_PER_SECOND = 100;

/** The fields of /proc/PID/stat behind the name, which may hold spaces itself. */
async function statOf(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

async function children(): Promise<Map<number, number[]>> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const pairs = await Promise.all(
    pids.map(async (pid) => ({ pid, parent: Number((await statOf(pid))[1]) })),
  );
  const groups = Map.groupBy(pairs, ({ parent }) => parent);
  return new Map([...groups].map(([parent, found]) => [parent, found.map(({ pid }) => pid)]));
}

async function own(pid: number): Promise<Usage> {
  const fields = await statOf(pid);
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const rssMiB = Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { seconds: ticks / TICKS_PER_SECOND, rssMiB };
}

/** What the process holds of memory in MiB, the pages of its program included: now, and the most it ever held. */
export async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const of = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1_024;
  return { now: of("VmRSS"), peak: of("VmHWM") };
}

/** Of the process itself, and together with all below it. Read off /proc, so on Linux only; null elsewhere. Shared memory is not counted. */
export async function usageOf(pid: number): Promise<{ hub: Usage; all: Usage } | null> {
  if (process.platform !== "linux") return null;
  const below = await children();
  const family = (one: number): number[] => [one, ...(below.get(one) ?? []).flatMap(family)];
  const each = await Promise.all(family(pid).map(own));
  const sum = (name: keyof Usage) => each.reduce((all, usage) => all + usage[name], 0);
  return { hub: await own(pid), all: { seconds: sum("seconds"), rssMiB: sum("rssMiB") } };
}
