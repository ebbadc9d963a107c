import { expect, test } from "vitest";
import { createEmitter } from "../../src/domain/emit/emitter.ts";
import { archiveEventType } from "../../src/domain/eventType/archiveEventType.ts";
import { registerEventType } from "../../src/domain/eventType/eventType.ts";
import { createProject, updateProject } from "../../src/domain/project/project.ts";
import { createProjectConfigs } from "../../src/domain/project/projectConfig.ts";
import { freshDatabase } from "../fixtures/database.ts";
import { testPrograms } from "../fixtures/programs.ts";

test("what another process has changed counts for the next emit, whether it forbids or allows", async () => {
  await using fresh = await freshDatabase();
  const { db } = fresh;
  const { project } = await createProject(db.sql, "Support");
  const emitter = createEmitter(db.sql, createProjectConfigs(db.sql), testPrograms(db.sql), {
    deliversHere: true,
    checkTarget: async (url) => url,
    onAccepted: () => {},
    onWaiting: () => {},
    onLate: () => {},
    onOverload: () => {},
  });
  const emit = () =>
    emitter.emit({ projectId: project.id, origin: "API", inputs: [{ type: "order.paid" }] });
  const accepted = async () => (await emit()).map(({ event }) => event.typeVersion);

  // From here on this process knows the project; what follows is done behind its back.
  expect(await accepted()).toEqual([null]);
  await updateProject(db.sql, project.id, { requireRegisteredTypes: true });
  await expect(emit()).rejects.toMatchObject({ entries: [{ code: "UNKNOWN_TYPE" }] });
  await registerEventType(db, testPrograms(db.sql).sandbox, project.id, { name: "order.paid" });
  expect(await accepted()).toEqual([1]);
  await registerEventType(db, testPrograms(db.sql).sandbox, project.id, {
    name: "order.paid",
    schema: { amount: "Number" },
    allowBreaking: true,
  });
  await expect(emit()).rejects.toMatchObject({ entries: [{ code: "DATA_INVALID" }] });
  await archiveEventType(db, project.id, "order.paid");
  await updateProject(db.sql, project.id, { requireRegisteredTypes: false });
  expect(await accepted()).toEqual([null]);
});
