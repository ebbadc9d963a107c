import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { flameGraph, ownTimes, type Profile, placeOf } from "../flameGraph.ts";
import { startHubProcess } from "../hubProcess.ts";
import { register } from "../operations.ts";
import type { Line, Part } from "../part.ts";
import { send, TYPE } from "./delivered.ts";

const COUNT = 20_000;
const WARM = 4_000;
const SHOWN = 25;
const folder = join(import.meta.dirname, "../profiles");
const root = join(import.meta.dirname, "../../..");

/** Microseconds spent in each place itself. */
function selfTimes(profile: Profile): Map<string, number> {
  const own = ownTimes(profile);
  const times = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes) {
    const place = placeOf(callFrame);
    times.set(place, (times.get(place) ?? 0) + (own.get(id) ?? 0));
  }
  return times;
}

/** Keeps the profile as a flame graph, and for Chrome's developer tools and speedscope, which open it once unpacked. */
async function keep(text: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "delivered.cpuprofile.gz"), gzipSync(text, { level: 9 }));
  const path = join(folder, "delivered.svg");
  await writeFile(path, flameGraph(JSON.parse(text)));
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
        { what: "flame graph", figure: await keep(text) },
      ];
    } finally {
      await rm(written, { recursive: true, force: true });
    }
  },
};
