import { LRUCache } from "lru-cache";

type CompiledCache<Value> = {
  get(projectId: string, key: string): Value | undefined;
  /** `bytes`: its approximate memory. An entry larger than a project's share is not cached. */
  set(projectId: string, key: string, value: Value, bytes: number): void;
  /** The memory of all entries. */
  bytes(): number;
};

type Entry<Value> = { value: Value; bytes: number };

/**
 * A cache of compiled tenant programs, bounded by memory. Each project has a share, so its thousand filters evict only
 * its own entries. Beyond the total, the least recently used project is evicted.
 */
export function createCompiledCache<Value>(limits: {
  bytes: number;
  bytesPerProject: number;
}): CompiledCache<Value> {
  /** Least recently used project first. */
  const projects = new Map<string, LRUCache<string, Entry<Value>>>();
  let bytes = 0;

  function cacheOf(projectId: string): LRUCache<string, Entry<Value>> {
    const part =
      projects.get(projectId) ??
      new LRUCache<string, Entry<Value>>({
        maxSize: limits.bytesPerProject,
        sizeCalculation: (entry) => entry.bytes,
        dispose: (entry) => {
          bytes -= entry.bytes;
        },
      });
    projects.delete(projectId);
    projects.set(projectId, part);
    return part;
  }

  function evictOthers(projectId: string) {
    for (const [id, part] of projects) {
      if (bytes <= limits.bytes || id === projectId) return;
      part.clear();
      projects.delete(id);
    }
  }

  return {
    get: (projectId, key) =>
      projects.has(projectId) ? cacheOf(projectId).get(key)?.value : undefined,
    set(projectId, key, value, weight) {
      if (weight > limits.bytesPerProject) return;
      const entry = { value, bytes: Math.max(1, Math.ceil(weight)) };
      cacheOf(projectId).set(key, entry);
      bytes += entry.bytes;
      evictOthers(projectId);
    },
    bytes: () => bytes,
  };
}
