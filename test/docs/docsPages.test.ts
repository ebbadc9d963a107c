import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sidebar } from "../../docs/.vitepress/sidebar.ts";
import { blocksOf, page, pages } from "../fixtures/documents.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folderOf = (name: string) => (name === "README" ? root : `${root}docs/`);
const names = Object.keys(pages).filter((name) => name !== "README");

/** The anchor that GitHub and VitePress give a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[`.,:?()'’]/g, "")
    .replace(/[^\p{L}\p{N}-]+/gu, "-")
    .replace(/^-|-$/g, "");

const withoutCode = (text: string) => text.replace(/^```.*?^```$/gms, "");
const anchorsOf = (path: string) =>
  [...withoutCode(readFileSync(path, "utf8")).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    anchor(heading),
  );

test("README is read in a few minutes", () => {
  expect(page("README").split("\n").length).toBeLessThanOrEqual(250);
});

test.each(names)("the page %s has its title, and the index and llms.txt name it", (name) => {
  const [, title = "", heading] =
    /^---\ntitle: "?([^"\n]+)"?\n---\n\n# (.+)\n/.exec(page(name)) ?? [];
  expect(heading).toBe(title);
  // YAML takes a colon within for another key.
  if (title.includes(": ")) expect(page(name)).toContain(`title: "${title}"`);
  if (name === "index") return;
  expect(page("index")).toContain(`(./${name}.md)`);
  expect(readFileSync(`${root}docs/llms.txt`, "utf8")).toContain(`(${name}.md)`);
});

test.each(names)("the page %s begins with a paragraph that says what it is for", (name) => {
  expect(page(name)).toMatch(/\n# .+\n\n[\w`]/);
});

test("the sidebar leads to every page, and once", () => {
  const links = sidebar.flatMap(({ items = [] }) => items.map(({ link }) => link));
  const files = globSync("docs/**/*.md", { cwd: root, exclude: ["docs/.vitepress/**"] });
  const addresses = files.map((file) => file.slice("docs".length, -".md".length));
  expect(links.sort()).toEqual(addresses.map((link) => link.replace(/index$/, "")).sort());
});

test.each(names)("%s has no braces in its prose that the site would take for its own", (name) => {
  expect(withoutCode(page(name))).not.toContain("{{");
});

const others = ["CONTRIBUTING.md", "SECURITY.md", "docs/llms.txt"];
test.each(["README.md", ...names.map((name) => `docs/${name}.md`), ...others])(
  "every link of %s leads to a file, and to a heading there is",
  (file) => {
    const folder = file.startsWith("docs/") ? `${root}docs/` : root;
    const text = withoutCode(readFileSync(root + file, "utf8"));
    const links = [...text.matchAll(/(?:\]\(|src="|srcset=")([^)":\s]*)[)"]/g)].map(
      ([, link = ""]) => link,
    );
    for (const link of links) {
      const [path = "", place] = link.split("#");
      const target = path === "" ? root + file : folder + path;
      expect(existsSync(target), link).toBe(true);
      if (place !== undefined) expect(anchorsOf(target), link).toContain(place);
    }
  },
);

/** Languages whose blocks are run. GraphQL is run whole (docsGraphql.test.ts), JSON is read, text is looked at. */
const shown = new Set(["graphql", "json", "text"]);

test("every program of the documents has a name, and a test that runs it", () => {
  const tests = globSync("test/**/*.test.ts", { cwd: root })
    .map((file) => readFileSync(root + file, "utf8").replace(/\s+/g, " "))
    .join("\n");
  const programs = Object.keys(pages).flatMap((name) =>
    blocksOf(name)
      .filter(({ info }) => !shown.has(info))
      .map(({ info }) => `program("${name}", "${info}")`),
  );
  expect(programs.filter((one) => !/", "\w+ \S+"\)$/.test(one))).toEqual([]);
  expect(programs.filter((one) => !tests.includes(one))).toEqual([]);
});

test("what the documents show as JSON is JSON", () => {
  for (const name of Object.keys(pages)) {
    for (const { info, code } of blocksOf(name))
      if (info === "json") expect(() => JSON.parse(code), code).not.toThrow();
  }
});

test("every npm script that the documents name is one of package.json", () => {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const texts = [
    ...Object.values(pages),
    ...others.map((file) => readFileSync(root + file, "utf8")),
  ];
  for (const text of texts) {
    for (const [, name = ""] of text.matchAll(
      /npm run (?:--silent )?([a-z]\S*?)(?=[\s`;:,.)]|$)/gm,
    ))
      expect(Object.keys(scripts)).toContain(name);
  }
});

test("every file of the repository that the documents name in code is there", () => {
  for (const name of Object.keys(pages)) {
    for (const [, path = ""] of page(name).matchAll(
      /`((?:src|test|drizzle|docs)\/[\w/.-]+|[A-Z]+\.md)`/g,
    ))
      expect(
        existsSync(root + path) || path.startsWith("test/torture/"),
        `${folderOf(name)}: ${path}`,
      ).toBe(true);
  }
});
