/**
 * Up to where in a project's feed this process has told somebody, by a subscription or a cursor. Who was told of a change
 * and then asks must find it: what is behind that is not read.
 */
type Told = {
  note(projectId: string, position: number): void;
  of(projectId: string): number;
  /** Forgets what was told before a moment, of performance.now(). */
  forget(before: number): void;
};

export function createTold(): Told {
  const told = new Map<string, { position: number; at: number }>();
  return {
    note(projectId, position) {
      const known = told.get(projectId);
      if (known && known.position >= position) return;
      // At the end of the map, which is in the order of time.
      told.delete(projectId);
      told.set(projectId, { position, at: performance.now() });
    },
    of: (projectId) => told.get(projectId)?.position ?? 0,
    forget(before) {
      for (const [projectId, { at }] of told) {
        if (at >= before) return;
        told.delete(projectId);
      }
    },
  };
}
