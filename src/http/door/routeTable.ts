import type { Door, Route } from "./door.ts";

/** The routes of a path by method, and the raw parts of the path that the pattern names. */
type Found = { door: Door; methods: ReadonlyMap<string, Route>; params: readonly Param[] };
type Param = readonly [name: string, raw: string];

type Place = {
  door?: Door;
  methods: Map<string, Route>;
  fixed: Map<string, Place>;
  /** For one segment or more, as `{name*}`. */
  rest?: Place;
  named: { name: string; matches: RegExp; place: Place }[];
};

const newPlace = (): Place => ({ methods: new Map(), fixed: new Map(), named: [] });

/** The place after a segment of a pattern; made when it is new. */
function placeAfter(place: Place, segment: string): Place {
  if (/^\{\w+\*\}$/.test(segment)) {
    place.rest ??= newPlace();
    return place.rest;
  }
  const [, name, expression = ".+"] = /^\{(\w+)(?::(.+))?\}$/.exec(segment) ?? [];
  if (name === undefined) {
    const next = place.fixed.get(segment) ?? newPlace();
    place.fixed.set(segment, next);
    return next;
  }
  const matches = new RegExp(`^(?:${expression})$`);
  const known = place.named.find((it) => it.name === name && it.matches.source === matches.source);
  if (known) return known.place;
  const next = newPlace();
  place.named.push({ name, matches, place: next });
  return next;
}

function find(
  place: Place,
  segments: readonly string[],
  params: readonly Param[],
): Found | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined)
    return place.door && { door: place.door, methods: place.methods, params };
  const fixed = place.fixed.get(segment);
  const found = fixed && find(fixed, rest, params);
  if (found) return found;
  for (const { name, matches, place: next } of place.named) {
    const below = matches.test(segment) && find(next, rest, [...params, [name, segment]]);
    if (below) return below;
  }
  const { rest: all } = place;
  return all?.door && { door: all.door, methods: all.methods, params };
}

/** Throws when two routes are the same. */
function addRoute(root: Place, door: Door, route: Route): void {
  const place = route.path.slice(1).split("/").reduce(placeAfter, root);
  if (place.methods.has(route.method))
    throw new Error(`two routes for ${route.method} ${route.path}`);
  place.methods.set(route.method, route);
  place.door ??= door;
}

/**
 * Finds the routes of a path: a text in a pattern goes before a name, so that doors may overlap. A
 * path without a route is of the door with the longest prefix; undefined if it is of none.
 */
export function createRouteTable(doors: readonly Door[]): (path: string) => Found | undefined {
  const root = newPlace();
  for (const door of doors) for (const route of door.routes) addRoute(root, door, route);
  // Most requests are for a path without names.
  const fixed = new Map<string, Found>();
  for (const { path } of doors.flatMap(({ routes }) => routes)) {
    const found = path.includes("{") ? undefined : find(root, path.slice(1).split("/"), []);
    if (found) fixed.set(path, found);
  }
  const prefixes = doors
    .flatMap((door) => door.prefixes.map((prefix) => ({ prefix, door })))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) => {
    const found = fixed.get(path) ?? find(root, path.slice(1).split("/"), []);
    if (found) return found;
    const owner = prefixes.find(({ prefix }) => path.startsWith(prefix));
    return owner && { door: owner.door, methods: new Map(), params: [] };
  };
}
