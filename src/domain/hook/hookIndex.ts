/** Finds the hooks of an event type without looking at all of them. */
type HookIndex<Hook> = {
  /** The hooks whose patterns take the type, in the order of their ids. */
  find(type: string): Hook[];
  /** How many those are at most: a hook with several such patterns counts for each. */
  count(type: string): number;
};

/**
 * Indexes hooks by their patterns: exact names, prefixes such as `ticket.*`, and `*`. A type is looked up by its name
 * and by each of its beginnings that ends in a dot.
 */
export function indexHooks<Hook extends { id: string; types: string[] }>(
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
  // Events of one type come in a row.
  let last: { type: string; lists: Hook[][] } = { type: "", lists: [] };
  const listsOf = (type: string): Hook[][] => {
    if (last.type === type) return last.lists;
    const lists = [type, "*", ...beginnings(type)].flatMap((pattern) => {
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

/** The prefix patterns that take a type: `a.*` and `a.b.*` of `a.b.c`. */
function beginnings(type: string): string[] {
  const patterns: string[] = [];
  for (let dot = type.indexOf("."); dot !== -1; dot = type.indexOf(".", dot + 1))
    patterns.push(`${type.slice(0, dot)}.*`);
  return patterns;
}
