const past: Record<string, string> = {
  archive: "archived",
  backfill: "backfilled",
  cancel: "cancelled",
  confirm: "confirmed",
  create: "created",
  delete: "deleted",
  disable: "disabled",
  enable: "enabled",
  expunge: "erased",
  install: "installed",
  pause: "paused",
  press: "pressed",
  register: "registered",
  release: "released",
  replay: "replayed",
  rerun: "ran again",
  reschedule: "rescheduled",
  resume: "resumed",
  retry: "retried",
  revoke: "revoked",
  rotate: "rotated",
  run: "ran",
  schedule: "scheduled",
  test: "tested",
  trigger: "triggered",
  uninstall: "uninstalled",
  update: "changed",
};

/** What an action did and to what, from its name: `rotateSigningSecret` is "rotated" and "signing secret". */
export function actionWords(action: string): { verb: string; object: string } {
  // It makes a schedule: "scheduled events" would be events that come later, once.
  if (action === "scheduleEvents") return { verb: "created", object: "schedule" };
  const [first = "", ...rest] = action.split(/(?=[A-Z])/);
  const object = rest
    .join(" ")
    .toLowerCase()
    .replace("api key", "API key")
    .replace("event schedule", "schedule");
  return { verb: past[first] ?? first, object };
}
