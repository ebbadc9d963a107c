import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A text of one source file of the hub, or of a migration, and what stands there instead. */
export type Patch = { file: string; find: string; replace: string };

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** The setting under which a hub's process loads preload.ts before all else. */
export const preloading = {
  NODE_OPTIONS: `--import=${new URL("preload.ts", import.meta.url).href}`,
};

/** The patches of this process: those it was started with. */
export const patchesHere = (): Patch[] => JSON.parse(process.env.TORTURE_PATCHES ?? "[]");

/** The settings that make a hub's process load its sources with these patches; the files stay as they are. */
export const patching = (patches: Patch[]): Record<string, string> =>
  patches.length === 0 ? {} : { ...preloading, TORTURE_PATCHES: JSON.stringify(patches) };

/** A source with its patches; throws when one does not fit, for then the source has changed and the patch with it. */
export function patched(path: string, source: string, patches: Patch[]): string {
  const file = relative(root, path);
  return patches
    .filter((patch) => patch.file === file)
    .reduce((text, { find, replace }) => {
      if (text.split(find).length !== 2) throw new Error(`${file} has not once: ${find}`);
      return text.replace(find, () => replace);
    }, source);
}
