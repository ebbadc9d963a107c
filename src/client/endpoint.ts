import type { Endpoint } from "./request.ts";

/** Where operations are sent. Throws TypeError when the url or the key can be none. */
export function endpointOf({ url, key }: Endpoint): Endpoint {
  const { protocol, origin, pathname } = URL.canParse(url) ? new URL(url) : { protocol: "" };
  if (protocol !== "http:" && protocol !== "https:")
    throw new TypeError(
      `url is the address of the hub, such as http://127.0.0.1:4000, not ${JSON.stringify(url)}`,
    );
  // What no header can hold fetch refuses with a sentence that names neither the key nor the header.
  if (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key))
    throw new TypeError(
      `key is an API key of the hub, ${key ? "and has neither spaces nor letters beyond ASCII" : `not ${JSON.stringify(key)}`}`,
    );
  return { url: `${origin}${pathname?.replace(/\/(graphql\/?)?$/, "")}/graphql`, key };
}
