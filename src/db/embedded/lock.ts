import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Locks a data directory for this process; undefined if another holds it for longer than `patienceMs`. The lock is
 * SQLite's on an empty file. The kernel releases it when its holder dies, whatever the cause, and it works across
 * containers that share the directory, where pids and sockets do not help. (Nothing else may open that file: closing
 * any handle of it would release the lock.)
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
