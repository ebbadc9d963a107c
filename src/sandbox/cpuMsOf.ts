import { readFileSync } from "node:fs";

/** Linux counts processor time in hundredths of a second on every machine. */
const MS_PER_TICK = 10;

/** The processor time a process has used, from /proc; undefined on other systems or when the process has ended. */
export function cpuMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command name in parentheses may contain spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
