// A variable, since the bundler takes a literal here for the name of a file.
const script = import.meta.url;

/** The path that the hub is served under, without a slash at its end. Built scripts are in `assets` below it. */
export const base = new URL("..", script).pathname.replace(/\/$/, "");

/** The address of the API, for requests or, with `ws`, for websockets. */
export const graphqlUrl = (scheme: "http" | "ws" = "http"): string =>
  `${location.origin.replace(/^http/, scheme)}${base}/graphql`;
