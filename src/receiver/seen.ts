/** Remembers which events were handled. */
export type Seen = {
  /** Does the work unless it was done for this id; false when it was. Work that throws was not done. */
  once(id: string, work: () => Promise<void>): Promise<boolean>;
};

const MOST_IDS = 100_000;

/** In the memory of this process: the newest 100,000 ids. */
export function memorySeen(): Seen {
  const works = new Map<string, Promise<boolean>>();
  return {
    async once(id, work) {
      for (let other = works.get(id); other; other = works.get(id)) if (await other) return false;
      let failure: { error: unknown } | undefined;
      const own = work().then(
        () => true,
        (error) => {
          // At once, so that who waits for it finds nothing and does it.
          works.delete(id);
          failure = { error };
          return false;
        },
      );
      works.set(id, own);
      for (const oldest of works.keys()) {
        if (works.size <= MOST_IDS) break;
        works.delete(oldest);
      }
      await own;
      if (failure) throw failure.error;
      return true;
    },
  };
}
