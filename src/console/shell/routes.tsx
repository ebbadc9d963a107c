import {
  Activity,
  Box,
  Braces,
  CalendarClock,
  History,
  type LucideIcon,
  Settings,
  Truck,
  Webhook,
  Workflow,
} from "lucide-react";
import { type ComponentType, lazy } from "react";
import { FeedPage } from "../feed/FeedPage.tsx";

type PageProps = { params: { id: string } };

const loaders: (() => Promise<unknown>)[] = [];

/** A page that is loaded on demand or in idle time. */
function later(load: () => Promise<{ default: ComponentType<PageProps> }>) {
  loaders.push(load);
  return lazy(load);
}

/** Preloads the other pages, so that they open at once, even while the hub is unreachable. */
export const loadPages = (): Promise<unknown> =>
  // A page that failed to load is loaded again when it is opened.
  Promise.allSettled(loaders.map((load) => load()));

const EventPage = later(async () => ({
  default: (await import("../event/EventPage.tsx")).EventPage,
}));
const DeliveriesPage = later(async () => ({
  default: (await import("../delivery/DeliveriesPage.tsx")).DeliveriesPage,
}));
const HooksPage = later(async () => ({
  default: (await import("../hook/HooksPage.tsx")).HooksPage,
}));
const HookPage = later(async () => ({ default: (await import("../hook/HookPage.tsx")).HookPage }));
const NewHookPage = later(async () => ({
  default: (await import("../hook/form/NewHookPage.tsx")).NewHookPage,
}));
const EditHookPage = later(async () => ({
  default: (await import("../hook/form/EditHookPage.tsx")).EditHookPage,
}));
const EventTypesPage = later(async () => ({
  default: (await import("../eventType/EventTypesPage.tsx")).EventTypesPage,
}));
const EventTypePage = later(async () => ({
  default: (await import("../eventType/EventTypePage.tsx")).EventTypePage,
}));
const NewEventTypePage = later(async () => ({
  default: (await import("../eventType/NewEventTypePage.tsx")).NewEventTypePage,
}));
const EditEventTypePage = later(async () => ({
  default: (await import("../eventType/EditEventTypePage.tsx")).EditEventTypePage,
}));
const WorkflowsPage = later(async () => ({
  default: (await import("../workflow/WorkflowsPage.tsx")).WorkflowsPage,
}));
const WorkflowPage = later(async () => ({
  default: (await import("../workflow/WorkflowPage.tsx")).WorkflowPage,
}));
const NewWorkflowPage = later(async () => ({
  default: (await import("../workflow/form/NewWorkflowPage.tsx")).NewWorkflowPage,
}));
const EditWorkflowPage = later(async () => ({
  default: (await import("../workflow/form/EditWorkflowPage.tsx")).EditWorkflowPage,
}));
const RunPage = later(async () => ({ default: (await import("../run/RunPage.tsx")).RunPage }));
const ResourcesPage = later(async () => ({
  default: (await import("../resource/ResourcesPage.tsx")).ResourcesPage,
}));
const ResourcePage = later(async () => ({
  default: (await import("../resource/ResourcePage.tsx")).ResourcePage,
}));
const NewResourcePage = later(async () => ({
  default: (await import("../resource/NewResourcePage.tsx")).NewResourcePage,
}));
const EditResourcePage = later(async () => ({
  default: (await import("../resource/EditResourcePage.tsx")).EditResourcePage,
}));
const SchedulesPage = later(async () => ({
  default: (await import("../schedule/SchedulesPage.tsx")).SchedulesPage,
}));
const AuditPage = later(async () => ({
  default: (await import("../audit/AuditPage.tsx")).AuditPage,
}));
const SettingsPage = later(async () => ({
  default: (await import("../project/SettingsPage.tsx")).SettingsPage,
}));

/** The pages in the navigation and their shortcuts. Add a new page here and below. */
export const places: { to: string; label: string; keys: string; icon: LucideIcon }[] = [
  { to: "/", label: "Feed", keys: "g f", icon: Activity },
  { to: "/deliveries", label: "Deliveries", keys: "g d", icon: Truck },
  { to: "/hooks", label: "Hooks", keys: "g h", icon: Webhook },
  { to: "/types", label: "Event types", keys: "g t", icon: Braces },
  { to: "/workflows", label: "Workflows", keys: "g w", icon: Workflow },
  { to: "/resources", label: "Resources", keys: "g r", icon: Box },
  { to: "/schedules", label: "Schedules", keys: "g c", icon: CalendarClock },
  { to: "/audit", label: "Audit log", keys: "g a", icon: History },
  { to: "/settings", label: "Settings", keys: "g s", icon: Settings },
];

/** All routes. The first match is shown. */
export const routes: { path: string; page: ComponentType<PageProps> }[] = [
  { path: "/", page: FeedPage },
  { path: "/events/:id", page: EventPage },
  { path: "/deliveries", page: DeliveriesPage },
  { path: "/hooks", page: HooksPage },
  { path: "/hooks/new", page: NewHookPage },
  { path: "/hooks/:id", page: HookPage },
  { path: "/hooks/:id/edit", page: EditHookPage },
  { path: "/types", page: EventTypesPage },
  { path: "/types/new", page: NewEventTypePage },
  { path: "/types/one", page: EventTypePage },
  { path: "/types/edit", page: EditEventTypePage },
  { path: "/workflows", page: WorkflowsPage },
  { path: "/workflows/new", page: NewWorkflowPage },
  { path: "/workflows/:id", page: WorkflowPage },
  { path: "/workflows/:id/edit", page: EditWorkflowPage },
  { path: "/runs/:id", page: RunPage },
  { path: "/resources", page: ResourcesPage },
  { path: "/resources/one", page: ResourcePage },
  { path: "/resources/new", page: NewResourcePage },
  { path: "/resources/edit", page: EditResourcePage },
  { path: "/schedules", page: SchedulesPage },
  { path: "/audit", page: AuditPage },
  { path: "/settings", page: SettingsPage },
];
