import { Client, cacheExchange, fetchExchange, mapExchange } from "@urql/core";
import { graphqlUrl } from "../base.ts";
import { noteHubTime } from "../ui/time/hubClock.ts";

/** The client for queries and mutations, in the browser's session. `onRefused` is called when that is over. */
export const createApi = (onRefused: () => void): Client =>
  new Client({
    url: graphqlUrl(),
    preferGetMethod: false,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      noteHubTime(response.headers.get("date"));
      return response;
    },
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
