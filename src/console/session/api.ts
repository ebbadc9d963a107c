import { Client, cacheExchange, fetchExchange, mapExchange } from "@urql/core";
import { graphqlUrl } from "../base.ts";
import { noteHubTime } from "../ui/time/hubClock.ts";

/** The client for queries and mutations. `onRefused` is called when the key is rejected. */
export const createApi = (key: string, onRefused: () => void): Client =>
  new Client({
    url: graphqlUrl(),
    preferGetMethod: false,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      noteHubTime(response.headers.get("date"));
      return response;
    },
    fetchOptions: { headers: { authorization: `Bearer ${key}` }, credentials: "omit" },
    exchanges: [
      mapExchange({
        onError: ({ response }) => {
          if (response?.status === 401) onRefused();
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
