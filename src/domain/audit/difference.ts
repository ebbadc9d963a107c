import { jsonText } from "../../util/json/exactJson.ts";

/** A value that is compared but not shown, such as data of a payload. */
class Withheld {
  readonly text: string;

  constructor(value: unknown) {
    this.text = jsonText(value);
  }
}

/** `withheld` of a value that may be absent. */
export const withheld = (value: unknown): Withheld | null =>
  value === null || value === undefined ? null : new Withheld(value);

/** An object of the configuration; its ids and times of writing say nothing. */
export type State = object | null | undefined;

const MAX_CHARACTERS = 16_384;
const HIDDEN = '"[redacted]"';
const unsaid = new Set(["projectId", "id", "createdAt", "updatedAt"]);
/** A secret at rest (project/secretBox.ts) as JSON. */
const sealed = /"v1\.[\w-]{1,40}\.[\w-]{16}\.[\w-]{22,}"/g;

type Member = { name: string; value: unknown; text: string };

function membersOf(state: State): Map<string, Member> {
  const members = Object.entries(state ?? {}).flatMap(([name, value]): Member[] =>
    unsaid.has(name) || value === undefined
      ? []
      : [{ name, value, text: value instanceof Withheld ? value.text : jsonText(value) }],
  );
  return new Map(members.map((member) => [member.name, member]));
}

/** As JSON text of bounded length: a member for which there is no room is replaced by its length. */
function shown(members: Member[]): string {
  let length = 0;
  const parts = members.map(({ name, value, text }) => {
    const open = value instanceof Withheld ? HIDDEN : text.replace(sealed, HIDDEN);
    length += open.length;
    const isTooLong = length > MAX_CHARACTERS;
    if (isTooLong) length -= open.length;
    return `${JSON.stringify(name)}:${isTooLong ? `"[${open.length} characters]"` : open}`;
  });
  return `{${parts.join(",")}}`;
}

/**
 * The members that differ between two states, as JSON texts, without secrets; null if there is none. A state that is
 * absent before or after shows what the other one has.
 */
export function differenceOf(
  before: State,
  after: State,
): { before: string | null; after: string | null } | null {
  const [old, young] = [membersOf(before), membersOf(after)];
  const differs = ({ name, text }: Member) =>
    !(before && after)
      ? text !== "null"
      : (old.get(name)?.text ?? "null") !== (young.get(name)?.text ?? "null");
  const [was, is] = [old, young].map((members) => [...members.values()].filter(differs));
  if (before && after && was?.length === 0 && is?.length === 0) return null;
  return { before: before ? shown(was ?? []) : null, after: after ? shown(is ?? []) : null };
}
