/** Finds the hooks of an event type without visiting all hooks. */
type HookIndex<Hook> = {
  /** The hooks whose patterns match the type, ordered by id. */
  find(type: string): Hook[];
  /** The number of those hooks, at most: a hook with several matching patterns counts for each. */
  count(type: string): number;
};

/**
 * Indexes hooks by their patterns: exact names, prefixes such as `ticket.*`, and `*`. A type is looked up by its name
 * and by each of its prefixes that ends in a dot.
 */
function indexHooks<Hook extends { id: string; types: string[] }>(
  hooks: readonly Hook[],
): HookIndex<Hook> {
  const byPattern = new Map<string, Hook[]>();
  for (const hook of hooks) {
    for (const pattern of new Set(hook.types)) {
      const known = byPattern.get(pattern);
      if (known) known.push(hook);
      else byPattern.set(pattern, [hook]);
    }
  }
  // Cached, because events of one type often follow each other.
  let last: { type: string; lists: Hook[][] } = { type: "", lists: [] };
  const listsOf = (type: string): Hook[][] => {
    if (last.type === type) return last.lists;
    const lists = [type, "*", ...prefixPatterns(type)].flatMap((pattern) => {
      const list = byPattern.get(pattern);
      return list ? [list] : [];
    });
    last = { type, lists };
    return lists;
  };
  return {
    count: (type) => listsOf(type).reduce((sum, list) => sum + list.length, 0),
    find(type) {
      const lists = listsOf(type);
      if (lists.length < 2) return lists[0] ?? [];
      const found = new Map(lists.flat().map((hook) => [hook.id, hook]));
      return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

/** The prefix patterns that match a type: `a.*` and `a.b.*` for `a.b.c`. */
function prefixPatterns(type: string): string[] {
  const patterns: string[] = [];
  for (let dot = type.indexOf("."); dot !== -1; dot = type.indexOf(".", dot + 1))
    patterns.push(`${type.slice(0, dot)}.*`);
  return patterns;
}

type HookIndexByUser<Hook> = {
  find(type: string, userId: string | null): Hook[];
  count(type: string, userId: string | null): number;
  /** All hooks, whatever their users. */
  ofAll(): HookIndex<Hook>;
};

/** The same for events of a user: hooks of other users are never visited, however many there are. */
export function indexHooksByUser<
  Hook extends { id: string; types: string[]; userId: string | null },
>(hooks: readonly Hook[]): HookIndexByUser<Hook> {
  const indexes = new Map(
    [...Map.groupBy(hooks, ({ userId }) => userId)].map(([userId, own]) => [
      userId,
      indexHooks(own),
    ]),
  );
  const indexesOf = (userId: string | null) =>
    [indexes.get(null), userId === null ? undefined : indexes.get(userId)].filter(
      (index) => index !== undefined,
    );
  // Made when an event for all users comes.
  let whole: HookIndex<Hook> | undefined;
  return {
    ofAll() {
      whole ??= indexHooks(hooks);
      return whole;
    },
    count: (type, userId) => indexesOf(userId).reduce((sum, index) => sum + index.count(type), 0),
    find(type, userId) {
      const lists = indexesOf(userId)
        .map((index) => index.find(type))
        .filter((list) => list.length > 0);
      if (lists.length < 2) return lists[0] ?? [];
      return lists.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}
