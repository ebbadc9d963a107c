import type { Sql } from "../db/connection/client.ts";
import { type ApiKeyRow, keysOf, projectOfKey, type Role } from "../db/project/apiKeys.ts";
import type { ProjectRow } from "../db/project/projects.ts";
import { createApiKey, revokeApiKey } from "../domain/project/apiKey.ts";
import { findProject } from "../domain/project/project.ts";
import { userError } from "../util/userError.ts";
import { columns } from "./columns.ts";
import type { Command } from "./command.ts";

const roles: readonly Role[] = ["ADMIN", "EMITTER", "OPERATOR", "VIEWER"];

function readRole(text: string): Role {
  const role = roles.find((name) => name === text.toUpperCase());
  if (!role) throw userError("INVALID", `there is no role ${text}: ${roles.join(", ")}`);
  return role;
}

async function requireProject(sql: Sql, idOrSlug: string): Promise<ProjectRow> {
  const project = await findProject(sql, idOrSlug);
  if (!project) throw userError("NOT_FOUND", `there is no project ${idOrSlug} (project list)`);
  return project;
}

export const keyCreate: Command = {
  usage: "key create PROJECT NAME ROLE [--json]",
  does: "makes a key of a project and prints it",
  async run({ sql }, idOrSlug: string, name: string, roleName: string) {
    const role = readRole(roleName);
    const project = await requireProject(sql, idOrSlug);
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
  },
};

export const keyList: Command = {
  usage: "key list PROJECT",
  does: "lists a project's keys, newest first, revoked ones too",
  async run({ sql }, idOrSlug: string) {
    const project = await requireProject(sql, idOrSlug);
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
  },
};

export const keyRevoke: Command = {
  usage: "key revoke ID",
  does: "revokes a key for good, of whatever project; its live connections end within 5 s",
  async run({ sql }, id: string) {
    const projectId = await projectOfKey(sql, id);
    if (!projectId) throw userError("NOT_FOUND", `there is no key ${id} (key list PROJECT)`);
    const { name, prefix } = await revokeApiKey(sql, projectId, id);
    return { text: `Revoked: ${name} (${prefix}…)` };
  },
};
