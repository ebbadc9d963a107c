import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A profile of V8: each sample names a node, and took so many microseconds. */
export type Profile = {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
};
type CallFrame = Profile["nodes"][number]["callFrame"];

/** A file of ours by its path, a library by its name, the rest by what V8 calls it. */
export function placeOf({ url, functionName }: CallFrame): string {
  const library = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (library) return library;
  if (url.startsWith("file://")) return url.slice(`file://${root}/`.length);
  if (url.startsWith("node:")) return url;
  return functionName || "native code";
}

/** Microseconds spent in each node itself, without what it called. */
export function ownTimes({ samples, timeDeltas }: Profile): Map<number, number> {
  const times = new Map<number, number>();
  for (const [index, id] of samples.entries())
    times.set(id, (times.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  return times;
}

/** Calls of one function from one place, and what they called. */
type Frame = { name: string; place: string; time: number; calls: Map<string, Frame> };

const IDLE = ["(idle)", "(program)"];
const WIDTH = 1_200;
const ROW = 16;
/** Narrower ones are left out, pixels. */
const LEAST = 1;
const LETTER = 6.5;

const newFrame = (name: string, place: string): Frame => ({
  name,
  place,
  time: 0,
  calls: new Map(),
});

/** The calls as a tree; those of one function with the same callers are one frame. */
function treeOf(profile: Profile): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const own = ownTimes(profile);
  function add(id: number, parent: Frame): number {
    const node = nodes.get(id);
    if (!node || IDLE.includes(node.callFrame.functionName)) return 0;
    const place = placeOf(node.callFrame);
    const name = node.callFrame.functionName || "(anonymous)";
    const key = `${name} ${place}`;
    const frame = parent.calls.get(key) ?? newFrame(name, place);
    parent.calls.set(key, frame);
    const time = (node.children ?? []).reduce(
      (sum, child) => sum + add(child, frame),
      own.get(id) ?? 0,
    );
    frame.time += time;
    return time;
  }
  const all = newFrame("", "");
  const first = profile.nodes[0];
  if (first) add(first.id, all);
  return [...all.calls.values()][0] ?? all;
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Ours red, libraries yellow, Node.js green, V8 grey. */
function colourOf(place: string): string {
  if (/^(src|test)\//.test(place)) return "#f4a582";
  if (place.startsWith("node:")) return "#b8e186";
  return place.startsWith("(") ? "#d9d9d9" : "#fee08b";
}

/** A flame graph as SVG: width is processor time, callers are above what they call. */
export function flameGraph(profile: Profile): string {
  const tree = treeOf(profile);
  const scale = WIDTH / tree.time;
  const boxes: string[] = [];
  let depth = 0;
  function draw(frame: Frame, x: number, level: number): void {
    const width = frame.time * scale;
    if (width < LEAST) return;
    depth = Math.max(depth, level);
    const share = ((frame.time / tree.time) * 100).toFixed(1);
    const label = escaped(frame.name.slice(0, Math.floor(width / LETTER)));
    const [left, top] = [x.toFixed(1), level * ROW];
    boxes.push(`<g><title>${escaped(`${frame.name}, ${frame.place}: ${share} %`)}</title>
<rect x="${left}" y="${top}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(frame.place)}"/>
<text x="${(x + 2).toFixed(1)}" y="${top + 11}">${label}</text></g>`);
    let at = x;
    for (const call of [...frame.calls.values()].sort((a, b) => b.time - a.time)) {
      draw(call, at, level + 1);
      at += call.time * scale;
    }
  }
  draw(tree, 0, 0);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${(depth + 1) * ROW}" font-family="monospace" font-size="10">
<title>Where processor time went</title>
${boxes.join("\n")}
</svg>
`;
}
