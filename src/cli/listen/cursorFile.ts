import { open, readFile, rename } from "node:fs/promises";
import { Misuse } from "../misuse.ts";

/** The file that keeps the cursor of the last event that is done with. */
export type CursorFile = {
  /** Undefined when there is no file yet. Throws Misuse. */
  read(): Promise<string | undefined>;
  /** Replaces the file at once: whoever reads it, also after a crash, finds the old cursor or the new one. */
  write(cursor: string): Promise<void>;
};

export function cursorFile(path: string): CursorFile {
  const why = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return {
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
      try {
        const next = await open(`${path}.tmp`, "w");
        try {
          await next.writeFile(`${cursor}\n`);
          await next.sync();
        } finally {
          await next.close();
        }
        await rename(`${path}.tmp`, path);
      } catch (error) {
        throw new Misuse(`The cursor file cannot be written: ${why(error)}`);
      }
    },
  };
}
