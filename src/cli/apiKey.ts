import type { Command } from "commander";
import type { Db, Sql } from "../db/connection/client.ts";
import type { ApiKeyRow, Role } from "../db/project/apiKeys.ts";
import type { ProjectRow } from "../db/project/projects.ts";
import { userError } from "../util/userError.ts";
import { columns } from "./columns.ts";
import { type Answer, onDatabase } from "./onDatabase.ts";

export function addKey(program: Command): void {
  const key = program.command("key").description("keys of projects");
  key
    .command("create <PROJECT> <NAME> <ROLE>")
    .description("creates an API key for a project and prints it")
    .option("--json", "print one JSON object on one line")
    .action(onDatabase(create));
  key
    .command("list <PROJECT>")
    .description("lists a project's keys, newest first, including revoked ones")
    .action(onDatabase(list));
  key
    .command("revoke <ID>")
    .description("revokes a key of any project permanently; its live connections end within 5 s")
    .action(onDatabase(revoke));
}

const roles: readonly Role[] = ["ADMIN", "EMITTER", "OPERATOR", "VIEWER"];

function readRole(text: string): Role {
  const role = roles.find((name) => name === text.toUpperCase());
  if (!role) throw userError("INVALID", `there is no role ${text}: ${roles.join(", ")}`);
  return role;
}

async function requireProject(sql: Sql, idOrSlug: string): Promise<ProjectRow> {
  const { findProject } = await import("../domain/project/project.ts");
  const project = await findProject(sql, idOrSlug);
  if (!project) throw userError("NOT_FOUND", `there is no project ${idOrSlug} (project list)`);
  return project;
}

async function create(
  { sql }: Db,
  idOrSlug: string,
  name: string,
  roleName: string,
): Promise<Answer> {
  const role = readRole(roleName);
  const project = await requireProject(sql, idOrSlug);
  const { createApiKey } = await import("../domain/project/apiKey.ts");
  const { apiKey, key } = await createApiKey(sql, project.id, { name, role });
  const { id, prefix } = apiKey;
  return {
    text: [
      `Name:  ${name} (${role}, project ${project.slug})`,
      `Id:    ${id}`,
      `Key:   ${key}  (shown this once, keep it)`,
    ].join("\n"),
    json: { apiKey: { id, name, role, prefix, projectId: project.id }, key },
  };
}

async function list({ sql }: Db, idOrSlug: string): Promise<Answer> {
  const project = await requireProject(sql, idOrSlug);
  const { keysOf } = await import("../db/project/apiKeys.ts");
  const rows = await keysOf(sql, project.id);
  const row = ({ id, name, role, prefix, lastUsedAt, revokedAt }: ApiKeyRow) => [
    id,
    role,
    `${prefix}…`,
    name,
    lastUsedAt?.toISOString() ?? "never",
    revokedAt ? `revoked ${revokedAt.toISOString()}` : "live",
  ];
  return {
    text: columns(["ID", "ROLE", "KEY", "NAME", "LAST USED", "STATE"], rows.map(row)),
  };
}

async function revoke({ sql }: Db, id: string): Promise<Answer> {
  const { projectOfKey } = await import("../db/project/apiKeys.ts");
  const projectId = await projectOfKey(sql, id);
  if (!projectId) throw userError("NOT_FOUND", `there is no key ${id} (key list PROJECT)`);
  const { revokeApiKey } = await import("../domain/project/apiKey.ts");
  const { name, prefix } = await revokeApiKey(sql, projectId, id);
  return { text: `Revoked: ${name} (${prefix}…)` };
}
