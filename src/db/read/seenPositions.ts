/**
 * Up to where in a project's feed this process has told somebody, by a subscription or a cursor. Who was told of a change
 * and then asks must find it: what is behind that is not read.
 */
export type SeenPositions = {
  note(projectId: string, position: number): void;
  of(projectId: string): number;
  /** Forgets what was told before a moment, of performance.now(). */
  forget(before: number): void;
};

export function createSeenPositions(): SeenPositions {
  const seen = new Map<string, { position: number; at: number }>();
  return {
    note(projectId, position) {
      const known = seen.get(projectId);
      if (known && known.position >= position) return;
      // At the end of the map, which is in the order of time.
      seen.delete(projectId);
      seen.set(projectId, { position, at: performance.now() });
    },
    of: (projectId) => seen.get(projectId)?.position ?? 0,
    forget(before) {
      for (const [projectId, { at }] of seen) {
        if (at >= before) return;
        seen.delete(projectId);
      }
    },
  };
}
