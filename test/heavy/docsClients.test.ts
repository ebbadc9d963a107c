import { test } from "vitest";
import { program } from "../fixtures/documents.ts";
import { expectGivesUp, expectNoGap } from "../fixtures/followed.ts";

const clients = {
  "graphql-ws": program("graphql-clients", "js graphql-ws"),
  "graphql-sse": program("graphql-clients", "js graphql-sse"),
  "Apollo Client": program("graphql-clients", "js apollo"),
  urql: program("graphql-clients", "js urql"),
};

test.each(Object.entries(clients))(
  "the program with %s follows events without a gap when the hub is killed",
  (_name, code) => expectNoGap({ file: "follow.mjs", code, command: [process.execPath] }),
);

test.each(Object.entries(clients))(
  "the program with %s gives up on a wrong key, and on one that is revoked",
  (_name, code) => expectGivesUp({ file: "follow.mjs", code, command: [process.execPath] }),
);
