import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GraphQLError, GraphQLSchema } from "graphql";
import { createSchema, createYoga } from "graphql-yoga";
import { expect, test } from "vitest";
import { undescribed } from "../../src/graphql/builder/undescribed.ts";
import { assertRolesComplete } from "../../src/graphql/gate/roles.ts";
import { schema } from "../../src/graphql/schema.ts";

test("every element of the schema says what it is", () => {
  expect(undescribed(schema)).toEqual([]);
});

test("every root field says who may use it", () => {
  expect(() => assertRolesComplete(schema)).not.toThrow();
});

test("a root field that no role has stops the boot", () => {
  const typeDefs = "type Query { viewer: Int secrets: Int }";
  expect(() => assertRolesComplete(createSchema({ typeDefs }))).toThrow("Query.secrets");
});

test("lists that can grow are connections of the same shape", () => {
  const connections = Object.values(schema.getTypeMap()).filter(({ name }) =>
    name.endsWith("Connection"),
  );
  expect(connections.length).toBeGreaterThan(0);
  for (const type of connections) {
    const fields = "getFields" in type ? Object.keys(type.getFields()) : [];
    expect(fields, type.name).toEqual(["edges", "nodes", "pageInfo"]);
  }
});

// Two copies of graphql do not know each other's schemas and errors: pitfall of vitest's "development" condition.
test("there is one copy of graphql, in the tests", async () => {
  expect(schema).toBeInstanceOf(GraphQLSchema);
  const yoga = createYoga({
    logging: false,
    schema: createSchema({
      typeDefs: "type Query { a: Int }",
      resolvers: {
        Query: {
          a: () => {
            throw new GraphQLError("seen as ours");
          },
        },
      },
    }),
  });
  const response = await yoga.fetch("http://x/graphql?query={a}");
  expect(await response.text()).toContain("seen as ours");
});

test("there is one copy of graphql under plain Node.js, which is the pinned one", async () => {
  const program = `
    import { GraphQLSchema } from "graphql";
    import { createSchema } from "graphql-yoga";
    import { schema } from "./src/graphql/schema.ts";
    const other = createSchema({ typeDefs: "type Query { a: Int }" });
    console.log(schema instanceof GraphQLSchema, other instanceof GraphQLSchema, process.version);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--input-type=module",
    "--eval",
    program,
  ]);
  expect(stdout).toMatch(/^true true v(2[4-9]|[3-9]\d)\./);
  expect(Number.parseInt(process.versions.node, 10)).toBeGreaterThanOrEqual(24);
});
