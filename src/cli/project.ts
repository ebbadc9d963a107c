import type { Command } from "commander";
import type { Db } from "../db/connection/client.ts";
import { columns } from "./columns.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";

export function addProject(program: Command): void {
  const project = program.command("project").description("projects");
  project
    .command("create <NAME>")
    .description("creates a project and prints its id and its first ADMIN key")
    .option("--json", "print one JSON object on one line")
    .action(onDatabase(createAndPrint));
  project.command("list").description("lists every project, oldest first").action(onDatabase(list));
}

async function createAndPrint({ sql }: Db, name: string): Promise<Answer> {
  const { createProject } = await import("../domain/project/project.ts");
  const { project, key } = await createProject(sql, name);
  const { id, slug } = project;
  return {
    text: [
      `Project:    ${project.name}`,
      `Slug:       ${slug}`,
      `Id:         ${id}`,
      `ADMIN key:  ${key}  (shown this once, keep it)`,
    ].join("\n"),
    json: { project: { id, name: project.name, slug }, key },
  };
}

async function list({ sql }: Db): Promise<Answer> {
  const { allProjects } = await import("../db/project/projects.ts");
  const rows = await allProjects(sql);
  return {
    text: columns(
      ["ID", "SLUG", "NAME", "CREATED"],
      rows.map(({ id, slug, name, createdAt }) => [id, slug, name, createdAt.toISOString()]),
    ),
  };
}
