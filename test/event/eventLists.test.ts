import { type DocumentNode, execute, OperationTypeNode, parse } from "graphql";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createContext, type Hub } from "../../src/graphql/builder/context.ts";
import { schema } from "../../src/graphql/schema.ts";
import { createTurns } from "../../src/util/turns.ts";
import { button, press } from "../fixtures/actions.ts";
import { accepted, emitAll, registerHook } from "../fixtures/emit.ts";
import { type TestHub, testHub } from "../fixtures/hub.ts";
import { keyOf } from "../fixtures/keyOf.ts";
import { testPrograms } from "../fixtures/programs.ts";
import { receiver } from "../fixtures/receiver.ts";

const COUNT = 250;
const DAY = Date.UTC(2026, 0, 1);
const events = Array.from({ length: COUNT }, (_, index) => ({
  type: `list.${index % 5}`,
  category: index % 7 === 0 ? "seventh" : "other",
  contextId: `context ${index % 10}`,
  userId: index % 2 === 0 ? "even" : "odd",
  name: index === 42 ? "A 100% Needle_" : `number ${index}`,
  data: { index, hidden: index === 43 ? "in the hay: 100% needle_" : "hay" },
  occurredAt: new Date(DAY + index * 60_000).toISOString(),
}));

let hub: TestHub;
beforeAll(async () => {
  hub = await testHub();
  expect((await emitAll(hub, events)).userErrors).toEqual([]);
});
afterAll(() => hub[Symbol.asyncDispose]());

type Page = {
  edges: { cursor: string; node: { data: { index: number } } }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
};
const document = `query ($first: Int, $after: String, $last: Int, $before: String, $types: [String!], $status: [EventStatus!],
    $category: String, $contextId: String, $userId: String, $search: String, $since: DateTime, $until: DateTime) {
  events(first: $first, after: $after, last: $last, before: $before, types: $types, status: $status,
      category: $category, contextId: $contextId, userId: $userId, search: $search, since: $since, until: $until) {
    edges { cursor node { data } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const page = async (variables: object) =>
  (await hub.run<{ events: Page }>(document, { category: null, ...variables })).events;
const numbers = ({ edges }: Page) => edges.map(({ node }) => node.data.index);
/** The numbers of the events that fit, newest first. */
const those = (fits: (event: (typeof events)[number], index: number) => boolean) =>
  events.flatMap((event, index) => (fits(event, index) ? [index] : [])).reverse();
const all = those(() => true);

describe("going through a list", () => {
  test.each([100, 33, 1])("forwards by %i shows every row once, newest first", async (first) => {
    const seen: number[] = [];
    let after: string | null = null;
    const types = first === 1 ? ["list.3"] : undefined;
    for (let more = true; more; ) {
      const part: Page = await page({ first, after, types });
      expect(part.pageInfo.hasPreviousPage).toBe(after !== null);
      expect(part.pageInfo.startCursor).toBe(part.edges[0]?.cursor);
      seen.push(...numbers(part));
      after = part.pageInfo.endCursor;
      more = part.pageInfo.hasNextPage;
    }
    expect(seen).toEqual(types ? those((_, index) => index % 5 === 3) : all);
  });

  test.each([100, 33])("backwards by %i shows every row once", async (last) => {
    const seen: number[] = [];
    let before: string | null = null;
    for (let more = true; more; ) {
      const part: Page = await page({ last, before });
      expect(part.pageInfo.hasNextPage).toBe(before !== null);
      seen.unshift(...numbers(part));
      before = part.pageInfo.startCursor;
      more = part.pageInfo.hasPreviousPage;
    }
    expect(seen).toEqual(all);
  });

  test("neither skips nor repeats rows when events come in meanwhile", async () => {
    const seen: number[] = [];
    let after: string | null = null;
    for (let more = true; more; ) {
      await accepted(hub, { type: "newcomer", data: { index: -1 } });
      const part: Page = await page({ first: 60, after });
      seen.push(...numbers(part));
      after = part.pageInfo.endCursor;
      more = part.pageInfo.hasNextPage;
    }
    expect(seen).toEqual([-1, ...all]);
    await hub.db.sql`delete from signalbox.events where type = 'newcomer'`;
  });

  test("between two cursors shows what lies between, from either end", async () => {
    const { edges } = await page({ first: 10 });
    const within = { after: edges[1]?.cursor, before: edges[8]?.cursor };
    expect(numbers(await page({ ...within, first: 100 }))).toEqual(all.slice(2, 8));
    expect(numbers(await page({ ...within, last: 2 }))).toEqual(all.slice(6, 8));
    expect((await page({ ...within, first: 100 })).pageInfo).toMatchObject({
      hasNextPage: true,
      hasPreviousPage: true,
    });
  });

  test("takes 20 rows when no number is given, and none when asked for none", async () => {
    expect(numbers(await page({}))).toEqual(all.slice(0, 20));
    expect(await page({ first: 0 })).toEqual({
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  const wrong: [variables: object, code: string][] = [
    [{ first: 101 }, "LIMIT_EXCEEDED"],
    [{ last: 101 }, "LIMIT_EXCEEDED"],
    [{ first: -1 }, "BAD_REQUEST"],
    [{ last: -5 }, "BAD_REQUEST"],
    [{ first: 1, last: 1 }, "BAD_REQUEST"],
    [{ after: "" }, "BAD_REQUEST"],
    [{ after: "nonsense" }, "BAD_REQUEST"],
    [{ before: Buffer.from("c:123").toString("base64url") }, "BAD_REQUEST"],
    [{ before: Buffer.from("c:' or true --").toString("base64url") }, "BAD_REQUEST"],
  ];
  test.each(wrong)("is refused for %o", async (variables, code) => {
    const { status, errors } = await hub.send(document, variables);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  });
});

describe("a list filtered", () => {
  const filters: [filter: object, expected: number[]][] = [
    [{ types: ["list.1", "list.4", "nothing"] }, those(({ type }) => /[14]$/.test(type))],
    [{ types: [] }, []],
    [{ category: "seventh" }, those(({ category }) => category === "seventh")],
    [{ contextId: "context 3" }, those(({ contextId }) => contextId === "context 3")],
    [{ userId: "odd" }, those(({ userId }) => userId === "odd")],
    [{ userId: "ODD" }, []],
    [{ status: ["FAILED", "STAGED"] }, []],
    [{ status: ["PROCESSED"], types: ["list.2"] }, those(({ type }) => type === "list.2")],
    [{ search: "needle_" }, [43, 42]],
    [{ search: "100% N" }, [43, 42]],
    [{ search: "100%N" }, []],
    [{ search: "LIST.0" }, those(({ type }) => type === "list.0")],
    [{ search: "ber 24" }, those(({ name }) => name.includes("ber 24"))],
    [{ since: events[240]?.occurredAt }, those((_, index) => index >= 240)],
    [{ until: events[10]?.occurredAt }, those((_, index) => index < 10)],
    [{ since: events[5]?.occurredAt, until: events[7]?.occurredAt }, [6, 5]],
    [
      { userId: "even", category: "seventh", types: ["list.0"] },
      those((_, index) => index % 70 === 0),
    ],
  ];
  test.each(filters)("by %o shows what fits alone", async (filter, expected) => {
    expect(numbers(await page({ first: 100, ...filter }))).toEqual(expected.slice(0, 100));
  });

  test("by a text that no row can hold shows nothing", async () => {
    for (const field of ["category", "contextId", "userId", "search"]) {
      expect(numbers(await page({ [field]: "\0" }))).toEqual([]);
    }
    expect(numbers(await page({ types: ["\0", "list.1"], search: "number 11" }))).toEqual([
      116, 111, 11,
    ]);
  });
});

test("lists within lists take no more statements for many rows than for one", async () => {
  await using target = await receiver();
  for (const path of ["a", "b"]) {
    await registerHook(hub, {
      url: `${target.url}/${path}`,
      types: ["many.*"],
      filter: "event.data > 0",
    });
  }
  for (let number = 1; number <= 12; number++) {
    const name = `many.${number}`;
    await hub.run(
      `mutation ($name: String!) { registerEventType(input: { name: $name }) { userErrors { code } } }`,
      { name },
    );
    const event = { type: name, data: number, waitMs: 10_000 };
    const { id } = await button(hub, `${target.url}/ban`, {}, event);
    await press(hub, id);
    await keyOf(hub, "VIEWER");
  }
  let statements = 0;
  await using stack = new AsyncDisposableStack();
  const counting = postgres(hub.settings.databaseUrl, { debug: () => statements++ });
  stack.defer(() => counting.end());
  const [project] = await counting<{ id: string }[]>`select id from signalbox.projects`;
  const caller = { projectId: project?.id ?? "", keyId: "", keyName: "", role: "ADMIN" as const };
  const documents = [
    `events(first: $first) {
      nodes {
        source cloudEvent causedBy { id } why { reason hook { id triggeredCount } }
        actions { event { id } presses(first: 2) { nodes { action { id } attempt { number } } } }
        deliveries(first: 3) { nodes { requestBody event { id } attempts { number } hook { id } } }
      }
    }`,
    `eventTypes(first: $first, search: "many") {
      nodes { versions { version } hooks(first: 2) { nodes { id deliveries(first: 2) { nodes { id attempts { number } } } } } }
    }`,
    `auditLog(first: $first, action: "createApiKey") { nodes { entity { ... on ApiKey { number: name } } } }`,
  ].map((fields) => parse(`query ($first: Int!) { ${fields} }`));
  async function count(query: DocumentNode, first: number) {
    const services: Partial<Hub> = {
      forQuery: () => async (_projectId, work) => await work(counting),
      turns: createTurns(),
      programs: testPrograms(counting),
    };
    const contextValue = createContext(
      services as Hub,
      caller,
      { requestId: "test", trace: null },
      OperationTypeNode.QUERY,
    );
    statements = 0;
    const result = await execute({
      schema,
      document: query,
      variableValues: { first },
      contextValue,
    });
    expect(result.errors).toBeUndefined();
    return { statements, rows: JSON.stringify(result.data).split('"number"').length - 1 };
  }
  for (const query of documents) {
    // The first run of all opens the connections.
    await count(query, 12);
    const one = await count(query, 1);
    const many = await count(query, 12);
    expect(one.rows).toBeGreaterThan(0);
    expect(many.rows).toBe(12 * one.rows);
    // Two branches that ask for the same hooks may meet in one statement, or just miss each other.
    expect(many.statements).toBeLessThanOrEqual(one.statements + 2);
  }
});
