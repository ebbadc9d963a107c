/**
 * How far clients of this process have seen each project's feed, by a subscription or a cursor. A client that saw a
 * change and then queries must find it, so a standby behind that position is not read.
 */
type SeenPositions = {
  note(projectId: string, position: number): void;
  of(projectId: string): number;
  /** Forgets positions noted before a moment, of performance.now(). */
  forget(before: number): void;
};

export function createSeenPositions(): SeenPositions {
  const seen = new Map<string, { position: number; at: number }>();
  return {
    note(projectId, position) {
      const known = seen.get(projectId);
      if (known && known.position >= position) return;
      // Reinserted at the end: the map is ordered by time.
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
