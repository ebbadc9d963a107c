import { base } from "../base.ts";
import { useMay, useSession } from "../session/session.ts";
import { openHelp } from "../shell/HelpDialog.tsx";
import { places } from "../shell/routes.tsx";
import { theme, toggleTheme } from "../shell/theme.ts";
import { toggleTimeZone, zoneSwitch } from "../ui/time/timeZone.ts";
import type { Command } from "./command.ts";

/** The pages, and what can be done on any of them with this key's role. */
export function useCommands(): Command[] {
  const may = useMay();
  const zone = zoneSwitch();
  const { signOut } = useSession();
  const made: Command[] = [
    { id: "new hook", label: "New hook", to: "/hooks/new" },
    { id: "new type", label: "New event type", to: "/types/new" },
    { id: "new workflow", label: "New workflow", to: "/workflows/new" },
  ];
  return [
    ...places.map(({ to, label, keys }) => ({ id: to, label, keys, to })),
    { id: "failed", label: "Failed deliveries", to: "/deliveries?status=failed" },
    { id: "waiting", label: "Waiting deliveries", to: "/deliveries?status=waiting" },
    { id: "failing", label: "Failing hooks", to: "/hooks?failing=yes" },
    ...(may.administer ? made : []),
    {
      id: "theme",
      label: theme() === "dark" ? "Light theme" : "Dark theme",
      run: toggleTheme,
    },
    ...(zone === null ? [] : [{ id: "zone", label: zone, run: toggleTimeZone }]),
    { id: "keys", label: "Keys of the keyboard", keys: "?", run: openHelp },
    {
      id: "documentation",
      label: "Documentation",
      run: () => location.assign(`${base}/docs/`),
    },
    { id: "sign out", label: "Sign out", run: signOut },
  ];
}
