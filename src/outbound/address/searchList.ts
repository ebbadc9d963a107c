/** What resolv.conf(5) says of names that are given in short. */
type SearchList = {
  /** Domains that are tried behind a name. */
  domains: string[];
  /**
   * A name with at least this many dots is first tried unchanged; one with fewer is tried unchanged
   * last.
   */
  ndots: number;
};

const maxNdots = 15;

export function parseSearchList(text: string): SearchList {
  const list: SearchList = { domains: [], ndots: 1 };
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    // The last of these lines wins.
    if (keyword === "search") list.domains = values;
    if (keyword === "domain") list.domains = values.slice(0, 1);
    const ndots = keyword === "options" ? values.findLast((v) => /^ndots:\d+$/.test(v)) : undefined;
    if (ndots) list.ndots = Math.min(maxNdots, Number(ndots.slice("ndots:".length)));
  }
  const names = list.domains.map((domain) => domain.replace(/^\.|\.$/g, "").toLowerCase());
  return { ...list, domains: names.filter((domain) => domain !== "") };
}

/** The names to try for `name`, in the order of the system's resolver. */
export function candidates(name: string, { domains, ndots }: SearchList): string[] {
  const withDomains = domains.map((domain) => `${name}.${domain}`);
  return name.split(".").length - 1 >= ndots ? [name, ...withDomains] : [...withDomains, name];
}
