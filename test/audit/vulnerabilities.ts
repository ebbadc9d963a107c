import { execFile } from "node:child_process";

export type Vulnerabilities =
  | { checked: true; severe: number; names: string[] }
  | { checked: false; why: string };

type Report = {
  message?: string;
  metadata?: { vulnerabilities: { high: number; critical: number } };
  vulnerabilities?: Record<string, { severity: string }>;
};

/** Reads what `npm audit --json` printed. A registry that gave no answer is no finding, and no clean bill either. */
export function readReport(text: string): Vulnerabilities {
  let report: Report;
  try {
    report = JSON.parse(text);
  } catch {
    return { checked: false, why: "npm audit printed no report" };
  }
  const counts = report.metadata?.vulnerabilities;
  if (!counts) return { checked: false, why: report.message ?? "the registry gave no answer" };
  const names = Object.entries(report.vulnerabilities ?? {})
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity }]) => `${name} (${severity})`);
  return { checked: true, severe: counts.high + counts.critical, names };
}

/** Asks the registry for known vulnerabilities of what runs in production. */
export const findVulnerabilities = (): Promise<Vulnerabilities> =>
  new Promise((resolve) => {
    const options = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    execFile("npm", ["audit", "--json"], options, (error, stdout) => {
      resolve(error?.killed ? { checked: false, why: "no answer in 60 s" } : readReport(stdout));
    });
  });
