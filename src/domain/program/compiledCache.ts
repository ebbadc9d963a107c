import { LRUCache } from "lru-cache";

type CompiledCache<Value> = {
  get(projectId: string, key: string): Value | undefined;
  /** `bytes`: about how much memory it holds; what is heavier than a project's part is not kept. */
  set(projectId: string, key: string, value: Value, bytes: number): void;
  /** How much all of it holds. */
  bytes(): number;
};

type Entry<Value> = { value: Value; bytes: number };

/**
 * What is compiled of tenants' texts, bounded by its weight. A project has a part of its own, so that its thousand
 * filters push out its own alone; beyond the whole, the project that used the cache longest ago is forgotten.
 */
export function createCompiledCache<Value>(limits: {
  bytes: number;
  bytesPerProject: number;
}): CompiledCache<Value> {
  /** The one used longest ago first. */
  const projects = new Map<string, LRUCache<string, Entry<Value>>>();
  let bytes = 0;

  function partOf(projectId: string): LRUCache<string, Entry<Value>> {
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

  function forgetOthers(projectId: string) {
    for (const [id, part] of projects) {
      if (bytes <= limits.bytes || id === projectId) return;
      part.clear();
      projects.delete(id);
    }
  }

  return {
    get: (projectId, key) =>
      projects.has(projectId) ? partOf(projectId).get(key)?.value : undefined,
    set(projectId, key, value, weight) {
      if (weight > limits.bytesPerProject) return;
      const entry = { value, bytes: Math.max(1, Math.ceil(weight)) };
      partOf(projectId).set(key, entry);
      bytes += entry.bytes;
      forgetOthers(projectId);
    },
    bytes: () => bytes,
  };
}
