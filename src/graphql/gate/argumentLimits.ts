import {
  type GraphQLArgument,
  GraphQLID,
  GraphQLString,
  getNamedType,
  getNullableType,
  isListType,
} from "graphql";
import { requestError } from "./requestError.ts";

/** Limits of an argument that says what to read; those of a mutation's input are rules of the domain. */
const argumentLimits = { items: 100, itemCharacters: 200, characters: 1_000 } as const;
/** Sought in each row that is looked at. */
const SEARCH_CHARACTERS = 200;
const SEARCHES = ["search", "error"];

const over = (what: string, limit: number, got: number) =>
  requestError("LIMIT_EXCEEDED", `${what}: at most ${limit}, got ${got}.`);

type Check = (args: Record<string, unknown>) => void;

function checkOf({ name, type }: GraphQLArgument): Check[] {
  const isList = isListType(getNullableType(type));
  const named = getNamedType(type);
  const isText = named === GraphQLString || named === GraphQLID;
  if (!isList && !isText) return [];
  const { items, itemCharacters } = argumentLimits;
  const characters = SEARCHES.includes(name) ? SEARCH_CHARACTERS : argumentLimits.characters;
  return [
    ({ [name]: value }) => {
      if (typeof value === "string" && value.length > characters)
        throw over(`Characters of the argument ${name}`, characters, value.length);
      if (!Array.isArray(value)) return;
      if (value.length > items) throw over(`Items of the argument ${name}`, items, value.length);
      const long = value.find((item) => typeof item === "string" && item.length > itemCharacters);
      if (long)
        throw over(`Characters of an item of the argument ${name}`, itemCharacters, long.length);
    },
  ];
}

/**
 * Returns a check that throws LIMIT_EXCEEDED for arguments that are too long; undefined if no
 * argument needs one.
 */
export function argumentCheck(args: readonly GraphQLArgument[]): Check | undefined {
  const checks = args.flatMap(checkOf);
  if (checks.length === 0) return undefined;
  return (given) => {
    for (const check of checks) check(given);
  };
}
