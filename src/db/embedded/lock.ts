import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes a data directory for this process, or answers undefined when another holds it for longer than
 * `patienceMs`. The lock is SQLite's on an empty file: the kernel frees it at the death of its holder, whatever
 * the cause, and it holds across containers that share the directory, where pids and sockets say nothing.
 * (Nothing else may open that file: closing any handle of it would free the lock.)
 */
export function lockDirectory(dataDir: string, patienceMs = 0): Disposable | undefined {
  const file = new DatabaseSync(join(dataDir, "lock"), { timeout: patienceMs });
  try {
    file.exec("pragma journal_mode = memory; begin exclusive");
    return file;
  } catch (error) {
    file.close();
    if (error instanceof Error && /database is locked/.test(error.message)) return undefined;
    throw error;
  }
}
