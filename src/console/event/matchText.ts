const texts: Readonly<Record<string, string>> = {
  CHANNEL: "Other channels",
  DELETED: "Hook deleted",
  DISABLED: "Hook disabled",
  FILTER: "Filtered out",
  ITSELF: "About the hook itself",
  NO_RESOURCE: "Resource missing",
  PAUSED: "Hook paused",
  TARGET: "For another hook",
  TYPE: "Other types",
  UNCHANGED: "Nothing it wants changed",
  UNVERIFIED: "No consent yet",
  USER: "Other user",
};

/** What became of a hook and an event, in words; undefined where the name says it. */
export const matchText = (reason: string): string | undefined => texts[reason];

const sentences: Readonly<Record<string, string>> = {
  DELETED: "It would have matched.",
  DISABLED: "It matched: the delivery is parked until the hook is enabled.",
  ITSELF: "It would have matched.",
  PAUSED: "It matched: the delivery is parked until the hook is resumed.",
  UNVERIFIED: "It would have matched, but the target had not consented.",
};

/** What the reason means where the server tells no detail. */
export const matchSentence = (reason: string): string | undefined => sentences[reason];
