import { expect, test } from "vitest";
import { writeToFeed } from "../../src/db/feed/record.ts";
import { createProject, updateProject } from "../../src/domain/project/project.ts";
import { withFreshConfig } from "../../src/domain/project/withFreshConfig.ts";
import { Overloaded } from "../../src/util/overloaded.ts";
import { freshDatabase } from "../fixtures/database.ts";

test("what was planned under a configuration that moved is planned again, and not for ever", async () => {
  await using database = await freshDatabase();
  const { sql } = database.db;
  const { project } = await createProject(sql, "Support");
  let tries = 0;
  /** A write whose project is changed behind its back the first `moves` times. */
  const write = (moves: number) => async () => {
    const [row] = await sql<{ version: string }[]>`
      select config_version as version from signalbox.heads where project_id = ${project.id}`;
    tries += 1;
    if (tries <= moves)
      await updateProject(sql, project.id, { requireRegisteredTypes: tries % 2 > 0 });
    await sql.begin((tx) => writeToFeed(tx, project.id, [], [], Number(row?.version)));
    return "written";
  };

  expect(await withFreshConfig(write(3))).toBe("written");
  expect(tries).toBe(4);

  tries = 0;
  await expect(withFreshConfig(write(Number.POSITIVE_INFINITY))).rejects.toThrow(Overloaded);
  expect(tries).toBe(20);
});

test("any other failure is passed on at once", async () => {
  let tries = 0;
  const fail = async () => {
    tries += 1;
    throw new Error("disk full");
  };
  await expect(withFreshConfig(fail)).rejects.toThrow("disk full");
  expect(tries).toBe(1);
});
