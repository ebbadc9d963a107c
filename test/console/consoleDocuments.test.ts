import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type DocumentNode, Kind, parse, print } from "graphql";
import { expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import { createValidateOperation } from "../../src/http/gate/prepare.ts";

const folder = fileURLToPath(new URL("../../src/console/", import.meta.url));

/** Every document of the console by its file, as it is written. */
async function documents(): Promise<{ file: string; document: DocumentNode }[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => /\.tsx?$/.test(file));
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(folder + file, "utf8");
      return [...text.matchAll(/graphql\(\s*`([^`]+)`/g)].map(([, source = ""]) => ({
        file,
        document: parse(source),
      }));
    }),
  );
  return found.flat();
}

const all = await documents();
const fragments = all.flatMap(({ document }) =>
  document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION),
);
const operations = all.flatMap(({ file, document }) =>
  document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((definition) => ({ file, definition })),
);

/** The operation with the fragments that it names, those of fragments included. */
function whole(definition: (typeof operations)[number]["definition"]): DocumentNode {
  const wanted = new Set<string>();
  const collect = (node: object) =>
    JSON.stringify(node, (_key, value) => {
      if (value?.kind === Kind.FRAGMENT_SPREAD && !wanted.has(value.name.value)) {
        wanted.add(value.name.value);
        const fragment = fragments.find((it) => it.name.value === value.name.value);
        if (fragment) collect(fragment);
      }
      return value;
    });
  collect(definition);
  const used = fragments.filter(({ name }) => wanted.has(name.value));
  return { kind: Kind.DOCUMENT, definitions: [definition, ...used] };
}

/** What a VIEWER may not read; pages ask for it after they have looked at the role. */
const notForViewers = /\b(apiKeys|auditLog)\b/;

test("every document of the console passes the gate, what it reads for the smallest role that may sign in", () => {
  expect(operations.length).toBeGreaterThan(10);
  const prepare = createValidateOperation(schema);
  const wrong = operations.flatMap(({ file, definition }) => {
    const needsAdmin = definition.operation === "mutation" || notForViewers.test(print(definition));
    const role = needsAdmin ? "ADMIN" : "VIEWER";
    const caller = { projectId: "p", keyId: "k", keyName: "k", role } as const;
    const prepared = prepare({ query: print(whole(definition)) }, caller, {
      requestId: "r",
      trace: null,
    });
    return "errors" in prepared ? prepared.errors.map(({ message }) => `${file}: ${message}`) : [];
  });
  expect(wrong).toEqual([]);
});
