import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startHubProcess } from "../hubProcess.ts";
import { register } from "../operations.ts";
import type { Line, Part } from "../part.ts";
import { send, TYPE } from "./delivered.ts";

const COUNT = 20_000;
const WARM = 4_000;
const SHOWN = 25;
const LARGE = 500_000;
const folder = join(import.meta.dirname, "../profiles");
const root = join(import.meta.dirname, "../../..");

/** A profile of V8: each sample names a node, and took so many microseconds. */
type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
};

/** A file of ours by its path, a library by its name, the rest by what V8 calls it. */
function placeOf({ url, functionName }: Profile["nodes"][number]["callFrame"]): string {
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (library) return library;
  if (url.startsWith("file://")) return url.slice(`file://${root}/`.length);
  if (url.startsWith("node:")) return url;
  return functionName || "native code";
}

/** Microseconds spent in each place itself, without what it called. */
function selfTimes({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? "unknown";
    times.set(place, (times.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return times;
}

/** Keeps the profile for Chrome's developer tools and speedscope, which open it as it is, once unpacked. */
async function keep(text: string): Promise<string> {
  const isLarge = text.length > LARGE;
  const path = join(folder, isLarge ? "delivered.cpuprofile.gz" : "delivered.cpuprofile");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path, isLarge ? gzipSync(text, { level: 9 }) : text);
  return path.slice(root.length + 1);
}

/** What the hub's process computes while it delivers. */
export const profile: Part = {
  name: "profile",
  async measure({ target }) {
    const written = await mkdtemp(join(tmpdir(), "signalbox-profile-"));
    try {
      {
        const nodeOptions = ["--cpu-prof", "--cpu-prof-interval=500", `--cpu-prof-dir=${written}`];
        await using hub = await startHubProcess({ nodeOptions });
        await register(hub, target.url, TYPE);
        await send(hub, target, WARM);
        await send(hub, target, COUNT);
      }
      const [name] = await readdir(written);
      const text = await readFile(join(written, name ?? ""), "utf8");
      const times = selfTimes(JSON.parse(text));
      const idle = ["(idle)", "(program)"];
      const busy = [...times]
        .filter(([place]) => !idle.includes(place))
        .sort(([, a], [, b]) => b - a);
      const all = busy.reduce((sum, [, time]) => sum + time, 0);
      const lines: Line[] = busy
        .slice(0, SHOWN)
        .map(([place, time]) => ({ what: `  ${place}`, figure: (time / all) * 100, unit: " %" }));
      return [
        { what: "seconds the hub's own process was busy, start included", figure: all / 1e6 },
        ...lines,
        { what: "for Chrome's developer tools or speedscope", figure: await keep(text) },
      ];
    } finally {
      await rm(written, { recursive: true, force: true });
    }
  },
};
