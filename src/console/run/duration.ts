import { milliseconds } from "../ui/time/Time.tsx";

type Times = { startedAt: string | null; stoppedAt: string | null };

/** The duration of a run; null until it has ended. */
export const duration = ({ startedAt, stoppedAt }: Times): string | null =>
  startedAt === null || stoppedAt === null
    ? null
    : milliseconds(Math.max(0, Date.parse(stoppedAt) - Date.parse(startedAt)));
