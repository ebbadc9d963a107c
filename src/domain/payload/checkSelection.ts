import type { Sql, Tx } from "../../db/connection/client.ts";
import {
  type EventTypeRow,
  lockProject,
  type RegisteredType,
  typesWithSchemas,
} from "../../db/eventType/eventTypes.ts";
import { countSelections, hooksWithSelection } from "../../db/hook/hooks.ts";
import { type Part, wholeData } from "../../jsonSchema/fieldLookup.ts";
import { createTimeSlice } from "../../util/timeSlice.ts";
import { UserError, userError } from "../../util/userError.ts";
import { typeMatches } from "../hook/hookMatch.ts";
import { payloadLimits } from "./payloadLimits.ts";
import { compileSelection, SelectionMistake } from "./selection.ts";
import { selectionProblem } from "./selectionCheck.ts";

type WithSchema = Pick<EventTypeRow, "name" | "jsonSchema">;

const acceptsType = (patterns: string[], type: string) =>
  patterns.some((pattern) => typeMatches(pattern, type));

/**
 * The data of the events that such a hook takes: of registered types, and of exact types that are not registered, of
 * which nothing is known. Of other types that a pattern may take nothing is asked.
 */
function dataOf(patterns: string[], registered: WithSchema[]): Part[] {
  const taken = registered.filter(({ name }) => acceptsType(patterns, name));
  const known = new Set(taken.map(({ name }) => name));
  const isOpen = taken.length === 0 || patterns.some((one) => !isPattern(one) && !known.has(one));
  const parts = taken.map(partOf);
  return isOpen ? [...parts, "ANY"] : parts;
}

const isPattern = (type: string) => type === "*" || type.endsWith(".*");

const partOf = ({ jsonSchema }: WithSchema): Part =>
  wholeData(jsonSchema === null ? null : JSON.parse(jsonSchema));

const invalid = (message: string) =>
  userError("INVALID", `field 'selection' ${message}`, ["selection"]);

/** Throws INVALID when a selection can't be read, or asks for what no event of these types can have. */
export async function checkSelection(
  sql: Sql,
  projectId: string,
  { selection, types }: { selection: string | null; types: string[] },
): Promise<void> {
  if (selection === null) return;
  try {
    const compiled = compileSelection(selection);
    const registered = await typesWithSchemas(sql, projectId, types);
    const problem = selectionProblem(compiled, dataOf(types, registered));
    if (problem !== null) throw invalid(`asks for what is not there: ${problem}`);
  } catch (error) {
    if (error instanceof SelectionMistake) throw invalid(error.message);
    throw error;
  }
}

/**
 * The same for a hook that is about to have it, which may be one too many (LIMIT_REACHED). Locks the project: a schema
 * that changes at the same time sees the selection, or the other way round.
 */
export async function checkNewSelection(
  tx: Tx,
  projectId: string,
  settings: { selection: string | null; types: string[] },
  before?: { selection: string | null },
): Promise<void> {
  if (settings.selection === null) return;
  await lockProject(tx, projectId);
  const isMore = before?.selection == null;
  if (isMore && (await countSelections(tx, projectId)) >= payloadLimits.selections)
    throw userError(
      "LIMIT_REACHED",
      `a project has at most ${payloadLimits.selections} hooks with a selection`,
      ["selection"],
    );
  await checkSelection(tx, projectId, settings);
}

const MAX_NAMED = 20;

/**
 * Throws BREAKING_CHANGE naming the hooks whose selection asks for what no event can have any more once a type is
 * registered like this. A new type that only a pattern takes has taken nothing away. The caller has locked the project.
 */
export async function checkSelectionsOfHooks(
  tx: Tx,
  projectId: string,
  type: Pick<RegisteredType, "name" | "jsonSchema">,
): Promise<void> {
  const hooks = (await hooksWithSelection(tx, projectId)).filter((hook) =>
    acceptsType(hook.types, type.name),
  );
  if (hooks.length === 0) return;
  const alone = partOf(type);
  const nextSlice = createTimeSlice();
  const broken: string[] = [];
  let before: WithSchema[] | undefined;
  for (const { id, name, types, selection } of hooks) {
    await nextSlice();
    const compiled = compileSelection(selection);
    if (selectionProblem(compiled, [alone]) === null) continue;
    before ??= await typesWithSchemas(tx, projectId, ["*"]);
    const others = before.filter((one) => one.name !== type.name);
    if (others.length === before.length && !types.includes(type.name)) continue;
    const problem = selectionProblem(compiled, dataOf(types, [...others, type]));
    if (problem !== null && selectionProblem(compiled, dataOf(types, before)) === null)
      broken.push(`hook '${name ?? id}' selects what would be gone: ${problem}`);
  }
  if (broken.length === 0) return;
  const more = broken.length - MAX_NAMED;
  const said = more > 0 ? [...broken.slice(0, MAX_NAMED), `and so do ${more} more hooks`] : broken;
  throw new UserError(
    said.map((message) => ({
      code: "BREAKING_CHANGE",
      message: `${message}. Change the hook first`,
      path: ["schema"],
    })),
  );
}
