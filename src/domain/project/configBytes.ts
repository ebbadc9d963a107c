/** The memory of a hook, type or workflow in addition to its texts. */
const ENTRY_BYTES = 400;
/** The memory of an entry of a list of texts, or of an index. */
const ITEM_BYTES = 100;

type Hook = {
  types: string[];
  channels: string[] | null;
  changed: string[] | null;
  filter: string | null;
  userId: string | null;
  orderBy: string | null;
};

const bytesOfText = (text: string | null) => 2 * (text?.length ?? 0);
const bytesOfList = (texts: string[] | null) =>
  (texts ?? []).reduce((sum, text) => sum + ITEM_BYTES + bytesOfText(text), 0);

/** Hooks of a user are indexed by themselves: that costs about as much as the hook. */
const bytesOfHook = ({ types, channels, changed, filter, userId, orderBy }: Hook) =>
  (userId === null ? 1 : 2) * ENTRY_BYTES +
  bytesOfList(types) +
  bytesOfList(channels) +
  bytesOfList(changed) +
  bytesOfText(filter) +
  bytesOfText(orderBy) +
  bytesOfText(userId);

/** About how many bytes of memory a project's configuration takes. */
export const bytesOfConfig = (
  { source }: { source: string },
  types: { name: string }[],
  hooks: Hook[],
  workflows: { eventType: string }[],
): number =>
  ENTRY_BYTES +
  bytesOfText(source) +
  types.reduce((sum, { name }) => sum + ENTRY_BYTES + bytesOfText(name), 0) +
  hooks.reduce((sum, hook) => sum + bytesOfHook(hook), 0) +
  workflows.reduce((sum, { eventType }) => sum + ENTRY_BYTES + bytesOfText(eventType), 0);
