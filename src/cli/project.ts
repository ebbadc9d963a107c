import { allProjects } from "../db/project/projects.ts";
import { createProject } from "../domain/project/project.ts";
import { columns } from "./columns.ts";
import type { Command } from "./command.ts";

export const projectCreate: Command = {
  usage: "project create NAME [--json]",
  does: "makes a project and prints its id and its first ADMIN key",
  async run({ sql }, name: string) {
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
  },
};

export const projectList: Command = {
  usage: "project list",
  does: "lists every project, oldest first",
  async run({ sql }) {
    const rows = await allProjects(sql);
    return {
      text: columns(
        ["ID", "SLUG", "NAME", "CREATED"],
        rows.map(({ id, slug, name, createdAt }) => [id, slug, name, createdAt.toISOString()]),
      ),
    };
  },
};
