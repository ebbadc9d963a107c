import { BookOpen, CircleHelp, Clock, LogOut, Menu, Moon, Search, Sun } from "lucide-react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Link, useLocation } from "wouter";
import { base } from "../base.ts";
import { OverviewNote } from "../overview/OverviewNote.tsx";
import { openPalette } from "../palette/Palette.tsx";
import { useSession } from "../session/session.ts";
import { Button } from "../ui/Button.tsx";
import { statusText } from "../ui/layout/Badge.tsx";
import { toggleTimeZone, useTimeZone, zoneSwitch } from "../ui/time/timeZone.ts";
import { openHelp } from "./HelpDialog.tsx";
import { onKey } from "./keys.ts";
import { places } from "./routes.tsx";
import { onTheme, theme, toggleTheme } from "./theme.ts";
import "./Nav.css";

/** The navigation and the signed-in key. */
export function Nav() {
  const { viewer, signOut } = useSession();
  const [location, navigate] = useLocation();
  useTimeZone();
  const other = zoneSwitch();
  const shown = useSyncExternalStore(onTheme, theme);
  useEffect(() => {
    const offs = places.map(({ keys, to }) => onKey(keys, () => navigate(to)));
    return () => {
      for (const off of offs) off();
    };
  }, [navigate]);
  const [isOpen, setIsOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: on small screens the list covers the page that it led to
  useEffect(() => setIsOpen(false), [location]);
  const isHere = (to: string) =>
    to === "/"
      ? location === "/" || location.startsWith("/events/")
      : location === to ||
        location.startsWith(`${to}/`) ||
        (to === "/workflows" && location.startsWith("/runs/"));
  return (
    <nav className="nav" aria-label="Console" data-open={isOpen || undefined}>
      <div className="nav-brand">
        <img src={`${base}/signalbox.svg`} alt="" width={24} height={24} />
        <div className="nav-project">
          <strong className="line">{viewer.project.name}</strong>
        </div>
      </div>
      <Button className="nav-switch" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <Menu size={16} /> <span>{places.find(({ to }) => isHere(to))?.label ?? "Menu"}</span>
      </Button>
      <ul className="nav-places">
        {places.map(({ to, label, keys, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              className="nav-place"
              title={`${label} (${keys})`}
              aria-current={isHere(to) ? "page" : undefined}
            >
              <Icon size={16} />
              <span>{label}</span>
            </Link>
          </li>
        ))}
        <li>
          <a href={`${base}/docs/`} className="nav-place" title="Documentation">
            <BookOpen size={16} />
            <span>Documentation</span>
          </a>
        </li>
      </ul>
      <div className="nav-foot">
        {location !== "/" && <OverviewNote />}
        <div className="nav-key">
          <span className="line">{viewer.key.name}</span>
          <span className="faint">{statusText(viewer.key.role)}</span>
        </div>
        <div className="nav-tools">
          <Button
            look="quiet"
            aria-label="Find (Ctrl K)"
            title="Find (Ctrl K)"
            onClick={openPalette}
          >
            <Search size={16} />
          </Button>
          <Button look="quiet" aria-label="Keys (?)" title="Keys (?)" onClick={openHelp}>
            <CircleHelp size={16} />
          </Button>
          <Button
            look="quiet"
            aria-label={shown === "dark" ? "Light theme" : "Dark theme"}
            title={shown === "dark" ? "Light theme" : "Dark theme"}
            onClick={toggleTheme}
          >
            {shown === "dark" ? <Sun size={16} /> : <Moon size={16} />}
          </Button>
          {other !== null && (
            <Button look="quiet" aria-label={other} title={other} onClick={toggleTimeZone}>
              <Clock size={16} />
            </Button>
          )}
          <Button look="quiet" aria-label="Sign out" title="Sign out" onClick={() => signOut()}>
            <LogOut size={16} />
          </Button>
        </div>
      </div>
    </nav>
  );
}
