import { spans } from "../feed/feedFilter.ts";

/** The status filters, by their name in the URL. The first is the default. */
export const groups = {
  failed: { label: "Failed", status: ["FAILED", "QUARANTINED"] },
  waiting: { label: "Waiting", status: ["PENDING", "RETRYING"] },
  parked: { label: "Parked", status: ["PARKED"] },
  succeeded: { label: "Succeeded", status: ["SUCCEEDED"] },
  ended: { label: "Gone or cancelled", status: ["GONE", "CANCELLED"] },
  all: { label: "All", status: null },
} as const;
export type Group = keyof typeof groups;
const isGroup = (text: string): text is Group => Object.hasOwn(groups, text);

type DeliveryFilter = {
  group: Group;
  /** Only for this hook. */
  hookId: string | null;
  /** One of `spans`; empty for all. */
  time: string;
};

export function filterOf(params: URLSearchParams): DeliveryFilter {
  const group = params.get("status") ?? "";
  return {
    group: isGroup(group) ? group : "failed",
    hookId: params.get("hook"),
    time: params.get("time") ?? "",
  };
}

/** The filter as variables of the API. */
export function variablesOf({ group, hookId, time }: DeliveryFilter) {
  const { status } = groups[group];
  const span = spans[time];
  return {
    hookId,
    status: status && [...status],
    since: span ? new Date(Date.now() - span.ms).toISOString() : null,
  };
}
