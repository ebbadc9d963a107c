import { open, readFile, rename, rm } from "node:fs/promises";
import { Failure } from "../failure.ts";
import { Misuse } from "../misuse.ts";

/** How often the file is written while events are only skipped: to skip them again sends nothing twice. */
const SKIPPED_EVERY_MS = 1_000;
/** Codes of a disk that cannot take it, whatever the path. */
const OF_THE_DISK = new Set(["ENOSPC", "EDQUOT", "EIO"]);

/** The file that keeps the cursor of the last event that is done with. */
export type CursorFile = {
  /** Undefined when there is no file yet. Throws Misuse. */
  read(): Promise<string | undefined>;
  /**
   * Replaces the file at once: whoever reads it, also after a crash, finds the old cursor or the new one. Throws Misuse, or
   * Failure when the disk is full.
   */
  write(cursor: string): Promise<void>;
  /** The same after an event that was not to be sent, together with those that follow within a second. */
  skip(cursor: string): Promise<void>;
  /** Writes what `skip` has not yet. */
  flush(): Promise<void>;
};

export function cursorFile(path: string): CursorFile {
  const why = (error: unknown) => (error instanceof Error ? error.message : String(error));
  let writtenAt = 0;
  let skipped: string | undefined;
  const file: CursorFile = {
    async read() {
      try {
        const cursor = (await readFile(path, "utf8")).trim();
        if (cursor !== "") return cursor;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw new Misuse(`The cursor file cannot be read: ${why(error)}`);
      }
      throw new Misuse(`The cursor file ${path} is empty: remove it to begin with what comes now.`);
    },
    async write(cursor) {
      skipped = undefined;
      try {
        const next = await open(`${path}.tmp`, "w");
        try {
          await next.writeFile(`${cursor}\n`);
          await next.sync();
        } finally {
          await next.close();
        }
        await rename(`${path}.tmp`, path);
        writtenAt = performance.now();
      } catch (error) {
        await rm(`${path}.tmp`, { force: true }).catch(() => {});
        const message = `The cursor file cannot be written: ${why(error)}`;
        if (!OF_THE_DISK.has((error as NodeJS.ErrnoException).code ?? ""))
          throw new Misuse(message);
        throw new Failure(`${message}. The next start sends again what came after its cursor.`);
      }
    },
    async skip(cursor) {
      skipped = cursor;
      if (performance.now() - writtenAt >= SKIPPED_EVERY_MS) await file.write(cursor);
    },
    async flush() {
      if (skipped !== undefined) await file.write(skipped);
    },
  };
  return file;
}
